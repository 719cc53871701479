"""What goes through a site: every transport, every byte, and what the PSAP learns on top."""

import os
import ssl
import time
from pathlib import Path

import pytest
from tests.support.certificates import write_certificates
from tests.support.site import (
    ANSWERS,
    HOST,
    RINGS,
    SILENT,
    STRANGER,
    Caller,
    open_site,
    refuses,
)

from route112.apps.site.setup import Tls

pytestmark = pytest.mark.e2e

BREST = "+33261910020"
LOCATION = (
    '<?xml version="1.0"?><presence xmlns="urn:ietf:params:xml:ns:pidf" entity="pres:a@b">'
    "<tuple id='a'><status/></tuple></presence>"
)


def make_contexts(folder, host):
    files = write_certificates(folder, host)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    for context in (server, client):
        context.load_verify_locations(files.authority)
        context.load_cert_chain(files.certificate, files.key)
        context.verify_mode = ssl.CERT_REQUIRED
    return Tls(files.certificate, files.key, files.authority), server, client


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    return make_contexts(tmp_path_factory.mktemp("certificates"), HOST)


@pytest.fixture(scope="module")
def site(tmp_path_factory, tls):
    with open_site(tmp_path_factory.mktemp("site"), tls=tls[0], server=tls[1], six=True) as opened:
        yield opened


@pytest.fixture(autouse=True)
def well(site):
    for psap in site.psaps.values():
        psap.behaviour = ANSWERS


@pytest.fixture
def caller(site):
    return Caller(site)


def multipart(size):
    """Make a body of two parts and some octets that are no text."""
    filler = bytes(range(256)) * (size // 256)
    parts = (
        b"--cut\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n",
        b"--cut\r\nContent-Type: application/pidf+xml\r\nContent-ID: <loc@a>\r\n\r\n",
        LOCATION.encode(),
        b"\r\n--cut\r\nContent-Type: application/octet-stream\r\n\r\n" + filler,
        b"\r\n--cut--\r\n",
    )
    return b"".join(parts)


MULTIPART = ("Content-Type: multipart/mixed;boundary=cut", "Geolocation: <cid:loc@a>")


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize(("dialled", "name"), [("17", "brest"), ("15", "tcp")])
def test_six_kilobytes_of_multipart_arrive_byte_for_byte(site, transport, dialled, name):
    body = multipart(5_600)
    call = Caller(site, transport=transport).place(dialled, headers=MULTIPART, body=body)
    assert call.status == 200
    [invite] = site.psaps[name].invites(call.call_id)
    assert invite.body == body
    assert len(invite.content) > 6_000
    assert invite.get("Geolocation") == "<cid:loc@a>"
    assert len(site.records("try", call.call_id)) == 1


def test_tls_with_certificates_on_both_sides(site, tls):
    site.psaps["tcp"].behaviour = refuses(486)
    call = Caller(site, transport="tls", tls=tls[2]).place("15")
    assert call.status == 200
    [invite] = site.psaps["tls"].invites(call.call_id)
    assert "SIP/2.0/TLS" in invite.get("Via")
    assert site.records("attempt", call.call_id)[0].get("proto") == "tls"


def test_a_caller_without_a_certificate_gets_no_tls(site, tls):
    bare = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    bare.check_hostname = False
    bare.load_verify_locations(tls[0].authority)
    with pytest.raises((ssl.SSLError, ConnectionError)):  # noqa: PT012
        caller = Caller(site, transport="tls", tls=bare)
        if caller.place("15", timeout_s=1).statuses == []:
            raise ConnectionError


def test_a_psap_whose_certificate_is_strange_is_followed_by_the_next(site, tmp_path):
    strange = make_contexts(tmp_path, HOST)[1]
    strange.verify_mode = ssl.CERT_NONE
    site.psaps["tcp"].behaviour = refuses(486)
    psap = site.psaps["tls"]
    good, psap.tls = psap.tls, strange
    psap.close()
    psap.open()
    try:
        call = Caller(site).place("15")
    finally:
        psap.tls = good
        psap.close()
        psap.open()
    assert call.status == 200
    assert site.psaps["brest"].invites(call.call_id)
    assert call.seconds(180) < 1.0


def test_ipv6_on_both_sides(site):
    call = Caller(site, host="::1").place("15", "75101")
    assert call.status == 200
    [invite] = site.psaps["six"].invites(call.call_id)
    assert invite.get("Via").startswith("SIP/2.0/UDP [::1]")
    assert site.records("attempt", call.call_id)[0].get("src").startswith("[::1]:")


def test_from_ipv6_to_ipv4(site):
    call = Caller(site, host="::1", transport="tcp").place("17")
    assert call.status == 200
    assert site.psaps["brest"].invites(call.call_id)


def test_headers_are_kept_and_privacy_hides_nothing_from_the_psap(site, caller):
    headers = (
        "P-Asserted-Identity: <sip:+33639980007@net.example>",
        "Privacy: id;history;user",
        'Geolocation: <https://lis.example/abc>;x="a,b"',
        "Geolocation-Routing: yes",
        "Subject: Fen\xeatre \xe9t\xe9",
        "X-Odd:   spaces   kept , and;commas",
        "Supported: 100rel, timer",
        "Resource-Priority: esnet.1",
        "Route: <sip:someone@127.0.65.3;lr>",
    )
    call = caller.place("17", headers=headers)
    assert call.status == 200
    [invite] = site.psaps["brest"].invites(call.call_id)
    assert invite.start.startswith(f"INVITE sip:{BREST}@127.0.65.1:")
    assert invite.get("To") == "<sip:15@emergency.example>"
    for header in headers[:-1]:
        name, _, value = header.partition(":")
        assert invite.all(name) == [value.strip()], name
    assert invite.all("X-Commune") == ["29019"]
    assert invite.all("Route") == []
    assert invite.get("Max-Forwards") == "69"
    assert invite.all("Record-Route") == []
    assert len(invite.all("Via")) == 2


def test_the_dialled_number_stands_in_the_history(site, caller):
    call = caller.place("17")
    [invite] = site.psaps["brest"].invites(call.call_id)
    address = site.psaps["brest"].address
    assert invite.all("History-Info") == [
        f"<sip:17@emergency.example>;index=1, <sip:{BREST}@{address}>;index=1.1;mp=1"
    ]


def test_who_failed_before_stands_in_the_history_too(site, caller):
    site.psaps["brest"].behaviour = refuses(486)
    call = caller.place(uri="urn:service:sos.police")
    [invite] = site.psaps["paris"].invites(call.call_id)
    first, second = site.psaps["brest"].address, site.psaps["paris"].address
    [history] = invite.all("History-Info")
    assert history.split(", ") == [
        "<urn:service:sos.police>;index=1",
        f"<sip:{BREST}@{first}?Reason=SIP%3Bcause%3D486>;index=1.1;mp=1",
        f"<sip:+33261910029@{second}>;index=1.2;mp=1",
    ]


@pytest.mark.parametrize(
    ("given", "added"),
    [
        ("<sip:17@emergency.example>;index=1", "<sip:{to}>;index=1.1;mp=1"),
        (
            "<sip:0@a>;index=1, <sip:17@b>;index=1.1;rc=1",
            "<sip:17@emergency.example>;index=1.1.1, <sip:{to}>;index=1.1.1.1;mp=1.1.1",
        ),
    ],
)
def test_a_history_that_came_along_goes_on(site, caller, given, added):
    call = caller.place("17", headers=(f"History-Info: {given}",))
    [invite] = site.psaps["brest"].invites(call.call_id)
    to = f"{BREST}@{site.psaps['brest'].address}"
    assert invite.all("History-Info") == [given, added.format(to=to)]


@pytest.mark.parametrize("tail", [";x=" + "a" * 30_000, "<" * 30_000], ids=["no-index", "no-end"])
def test_a_history_as_long_as_a_datagram_holds_costs_no_time(site, caller, tail):
    """Seconds of searching in a worker would hold back whoever calls next."""
    began = time.monotonic()
    call = caller.place("17", headers=(f"History-Info: <sip:0@a>{tail}",))
    assert call.status == 200
    assert time.monotonic() - began < 4
    [invite] = site.psaps["brest"].invites(call.call_id)
    assert invite.all("History-Info") == [f"<sip:0@a>{tail}"], (
        "nothing can be counted on from there"
    )


def test_a_call_gets_its_identifiers_once_and_keeps_them_through_a_failover(site, caller):
    site.psaps["brest"].behaviour = refuses(486)
    call = caller.place("17")
    [first] = site.psaps["brest"].invites(call.call_id)
    [second] = site.psaps["paris"].invites(call.call_id)
    assert first.all("Call-Info") == second.all("Call-Info")
    number, incident = first.all("Call-Info")
    assert number.startswith("<urn:emergency:uid:callid:")
    assert number.endswith(":site-test>;purpose=emergency-CallId")
    assert incident.startswith("<urn:emergency:uid:incidentid:")
    assert incident.endswith(":site-test>;purpose=emergency-IncidentId")
    token = number.split(":")[4]
    assert 10 <= len(token) <= 36
    assert token.isalnum()


def test_identifiers_that_came_along_stay_alone(site, caller):
    given = (
        "<urn:emergency:uid:callid:abcdefghij:edge>;purpose=emergency-CallId",
        "<urn:emergency:uid:incidentid:abcdefghij:edge>;purpose=emergency-IncidentId",
    )
    call = caller.place("17", headers=[f"Call-Info: {one}" for one in given])
    [invite] = site.psaps["brest"].invites(call.call_id)
    assert invite.all("Call-Info") == list(given)


def test_the_last_hop_that_a_message_may_take_ends_it(site, caller):
    call_id = "hops@route112.test"
    invite = caller.render("INVITE", "sip:17@x", call_id).replace(
        b"Max-Forwards: 70", b"Max-Forwards: 0"
    )
    caller.socket.send(invite)
    assert caller.receive().status == 483


# ---------------------------------------------------------------- in a dialog


def test_messages_in_a_dialog_pass_when_a_network_sends_them_this_way(site, caller):
    call = caller.place("17")
    to = f"sip:psap@{site.psaps['brest'].address}"
    for cseq, method in enumerate(("INVITE", "UPDATE", "PRACK", "INFO", "BYE"), start=2):
        assert caller.ask(method, to, to_tag="psap", call_id=call.call_id, cseq=cseq) == 200
        assert site.psaps["brest"].count(method, call.call_id) == 1 + (method == "INVITE")
        assert ("SIP/2.0 100 Trying" in caller.heard) == (method == "INVITE")
    [_first, again] = site.psaps["brest"].invites(call.call_id)
    assert again.all("History-Info") == []
    assert again.all("Call-Info") == []
    assert len(site.records("attempt", call.call_id)) == 1
    caller.socket.send(
        caller.render("ACK", to, call.call_id, to_tag="psap", cseq=2, branch="z9hG4bKx")
    )
    brest = site.psaps["brest"]  # hears it from whichever worker had it, and when that is free
    site.children.wait_until(
        lambda: brest.count("ACK", call.call_id), timeout_s=2, what="the ACK comes through"
    )
    caller.ask("OPTIONS", f"sip:{HOST}")
    assert brest.count("ACK", call.call_id) == 1


def test_a_dialog_of_nobody_is_481_and_a_stranger_gets_no_relay(site, caller):
    assert caller.ask("BYE", "sip:{}:{}".format(*site.places["udp", False]), to_tag="x") == 481
    stranger = Caller(site, host=STRANGER)
    assert stranger.ask("BYE", "sip:a@127.0.65.3:5060", to_tag="x") == 403
    assert stranger.ask("BYE", f"sip:a@{caller.sent_by}", to_tag="x", timeout_s=0.2) == 0
    assert caller.receive().start.startswith("BYE")
    assert caller.receive(0.5) is None  # passed on without a transaction that would repeat it


def test_a_route_header_takes_no_stranger_past_the_check(site, caller):
    stranger, victim = Caller(site, host=STRANGER), Caller(site, host="127.0.9.8")
    own = "<sip:{}:{};lr>".format(*site.places["udp", False])
    there = f"sip:{victim.sent_by}"
    for index, routes in enumerate(
        ([f"<{there};lr>"], [own, f"<{there};lr>"], [f"{own}, <{there};lr>"], [own, f"<{there}>"],
         [f"<{there}>"], [f"<sip:{caller.sent_by};maddr={victim.host};lr>"])
    ):  # fmt: skip
        for method in ("BYE", "INVITE", "MESSAGE"):
            request = stranger.render(
                method, f"sip:a@{caller.sent_by}", f"past-{index}-{method}", to_tag="x",
                headers=[f"Route: {route}" for route in routes],
            )  # fmt: skip
            stranger.socket.send(request)
            heard = stranger.receive(1)
            assert getattr(heard, "status", 0) == 403, (routes, method)
    assert victim.receive(0.2) is None


def test_other_methods_are_not_served(site, caller):
    assert caller.ask("REGISTER", "sip:emergency.example") == 405
    assert caller.ask("MESSAGE", "sip:15@emergency.example") == 405
    assert caller.ask("OPTIONS", f"sip:{HOST}") == 200


# ---------------------------------------------------------------- hostile


def mangle(good):
    """List messages that are not what they should be."""
    head, _, _ = good.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")

    def without(name):
        return b"\r\n".join(line for line in lines if not line.startswith(name)) + b"\r\n\r\n"

    def swap(old, new):
        return good.replace(old, new)

    yield b""
    yield b"\r\n\r\n\r\n"
    yield b"\x00" * 200
    yield bytes(range(256)) * 20
    yield b"INVITE"
    yield b"INVITE sip:17@x SIP/2.0\r\n\r\n"
    yield b"INVITE sip:17@x SIP/7.0\r\n" + good.partition(b"\r\n")[2]
    yield b"SIP/2.0 200 OK\r\n" + good.partition(b"\r\n")[2]
    yield b"SIP/2.0 999999 \xff\r\n" + good.partition(b"\r\n")[2]
    for name in (b"Via", b"From", b"To", b"Call-ID", b"CSeq", b"Contact", b"Max-Forwards"):
        yield without(name)
    yield swap(b"Content-Length: 0", b"Content-Length: 999999999999")
    yield swap(b"Content-Length: 0", b"Content-Length: -1")
    yield swap(b"Max-Forwards: 70", b"Max-Forwards: 99999999999")
    yield swap(b"CSeq: 1 INVITE", b"CSeq: 99999999999999999999 INVITE")
    yield swap(b"CSeq: 1 INVITE", b"CSeq: 1 BYE")
    yield swap(b"sip:17@", b"sip:" + b"17" * 8_000 + b"@")
    yield swap(b"sip:17@emergency.example", b"sip:%00%ff17@\xff\xfe;;;=")
    yield swap(b"sip:17@emergency.example", b"sip:17\xc3\x28@[::zz]:99999")
    yield swap(b"sip:17@emergency.example", b"sip:$ru$(avp(attempt)[*])%s%n@x")
    yield swap(b"X-Commune: 29019", b"X-Commune: \xff\xfe\x00\x01")
    yield swap(b"X-Commune: 29019", b"X-Commune: " + b"9" * 30_000)
    yield swap(b"X-Commune: 29019", b"X-Commune: 29\r\n 019")
    yield swap(b"X-Commune: 29019", b"History-Info: ;index=" + b"1." * 9_000)
    yield swap(b"X-Commune: 29019", b"History-Info: <<<>>>;index=\xff")
    yield swap(b"X-Commune: 29019", b"Call-Info: " + b"<" * 20_000)
    yield swap(b"X-Commune: 29019", b"\r\n".join([b"X-Fill: a"] * 4_000))
    yield swap(b"X-Commune: 29019", b"Via: SIP/2.0/UDP ;;;branch=\xff" * 3)
    yield swap(b"Call-ID: ", b"Call-ID: \xff\xfe\r\n ")
    yield swap(b"Call-ID: ", b"Call-ID: " + b"c" * 9_000)
    yield swap(b"tag=caller", b"tag=" + b"t" * 20_000)


def test_hostile_messages_end_nothing_and_ring_nowhere_wrong(site, caller):
    for psap in site.psaps.values():
        psap.behaviour = RINGS
    before = {psap.address: len(psap.invites()) for psap in site.psaps.values()}
    for index, message in enumerate(
        mangle(
            caller.render("INVITE", "sip:17@emergency.example", "n", headers=("X-Commune: 29019",))
        )
    ):
        caller.socket.send(message.replace(b"Call-ID: n", f"Call-ID: evil{index}".encode()))
        if index % 8 == 7:
            for psap in site.psaps.values():
                psap.behaviour = SILENT if index % 16 == 15 else RINGS
    for psap in site.psaps.values():
        psap.behaviour = ANSWERS
    other = Caller(site)
    assert other.ask("OPTIONS", f"sip:{HOST}") == 200
    assert other.place("17").status == 200
    assert site.child.popen.poll() is None
    rung = {
        invite.number
        for psap in site.psaps.values()
        for invite in psap.invites()[before[psap.address] :]
    }
    # Mangled or not, what rings is a target of the plan.
    assert all(number.startswith(("+33261910", "+33199000")) for number in rung)
    for line in site.log().splitlines():
        if "R1 " in line:
            assert len(line) < 4_096
    assert "CRITICAL" not in site.log()


def test_hostile_bytes_on_tcp_cost_only_their_connection(site):
    for content in (
        b"\xff" * 70_000,
        b"GET / HTTP/1.1\r\n\r\n",
        b"INVITE sip:17@x SIP/2.0\r\nContent-Length: 99999999\r\n\r\n",
    ):
        other = Caller(site, transport="tcp")
        try:
            other.socket.sendall(content)
        except OSError:
            continue
    assert Caller(site, transport="tcp").place("17").status == 200


def measure_kb(site):
    """Return the memory of the site's processes, but for what they share: that has a bound."""
    own = os.getpgid(site.child.popen.pid)
    total = 0
    for status in Path("/proc").glob("[0-9]*/smaps_rollup"):
        try:
            if os.getpgid(int(status.parent.name)) == own:
                lines = status.read_text().splitlines()
                total += sum(
                    int(line.split()[1]) for line in lines if line.startswith("Pss_Anon:")
                )
        except (OSError, ProcessLookupError):
            continue
    return total


def test_a_flood_of_hostile_messages_does_not_eat_memory(site, caller):
    for psap in site.psaps.values():
        psap.behaviour = refuses(486)
    good = caller.render("INVITE", "sip:17@emergency.example", "n", headers=("X-Commune: 29019",))

    def flood(number):
        for index, message in enumerate(list(mangle(good)) * 10):
            name = f"Call-ID: flood{number}-{index}".encode()
            caller.socket.send(message.replace(b"Call-ID: n", name)[:60_000])
            time.sleep(0.0005)
        caller.ask("OPTIONS", f"sip:{HOST}")

    flood(0)
    flood(1)
    before_kb = measure_kb(site)
    for number in range(2, 6):
        flood(number)
    assert measure_kb(site) - before_kb < 24_000
    assert site.child.popen.poll() is None
    for psap in site.psaps.values():
        psap.behaviour = ANSWERS
    assert Caller(site).place("17").status == 200
