"""Every site is gone: the edge rings answering points itself, as a site would."""

import time

import pytest
from tests.support.edge_run import (
    CLIENT,
    NUMBERS,
    assert_in,
    list_rows,
    open_edge,
    open_psaps,
    play_sites,
    reset,
)
from tests.support.edge_table import attempt, make_rows, write_rows
from tests.support.site import GREY, LATE, RINGS, SILENT, Caller, refuses

pytestmark = pytest.mark.e2e

PIDF = b"<presence/>"


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    folder = tmp_path_factory.mktemp("edge")
    with (
        open_psaps() as psaps,
        play_sites(1) as sites,
        open_edge(folder, sites, psaps) as edge,
    ):
        yield edge


@pytest.fixture
def edge(opened):
    reset(opened.sites, opened.psaps)
    opened.sites[0].behaviour = refuses(480)
    return opened


@pytest.fixture
def caller(edge):
    one = Caller(edge, host=CLIENT)
    yield one
    one.close()


def rang(edge, call):
    """Say which answering points were rung, in order, and each once."""
    invites = [
        (psap.invites(call.call_id)[0].at_s, name)
        for name, psap in edge.psaps.items()
        if psap.invites(call.call_id)
    ]
    return [name for _, name in sorted(invites)]


def test_the_psap_gets_what_a_site_would_send(edge, caller):
    call = caller.place(
        headers=(
            "P-Asserted-Identity: <sip:+33639980001@127.0.3.1>",
            "Geolocation: <cid:here>",
            "Route: <sip:elsewhere.example;lr>",
            "Content-Type: application/pidf+xml",
        ),
        body=PIDF,
    )
    assert call.status == 200
    psap = edge.psaps["brest"]
    [invite] = psap.invites(call.call_id)
    assert invite.start.split()[1] == f"sip:{NUMBERS['brest']}@{psap.address}"
    assert invite.get("To") == "<sip:15@emergency.example>"
    assert invite.get("P-Asserted-Identity") == "<sip:+33639980001@127.0.3.1>"
    assert invite.get("Geolocation") == "<cid:here>"
    assert invite.body == PIDF
    assert invite.all("Route") == []
    assert invite.get("History-Info") == (
        f"<sip:17@emergency.example>;index=1, <{invite.start.split()[1]}>;index=1.1;mp=1"
    )
    ids = invite.all("Call-Info")
    assert [line.rpartition("=")[2] for line in ids] == [
        "emergency-CallId",
        "emergency-IncidentId",
    ]
    assert all(line.startswith("<urn:emergency:uid:") for line in ids)
    assert all(":edge-test>" in line for line in ids)
    assert len(invite.all("Record-Route")) == 1


def test_a_history_as_long_as_a_datagram_holds_costs_no_time(edge, caller):
    """Seconds of searching would hold back the timers of every other call."""
    given = "<sip:0@a>" + "<" * 30_000
    began = time.monotonic()
    call = caller.place(headers=(f"History-Info: {given}",))
    assert call.status == 200
    assert time.monotonic() - began < 6, "two sites that are not there cost a second"
    [invite] = edge.psaps["brest"].invites(call.call_id)
    assert invite.all("History-Info") == [given]


def test_ids_and_history_of_others_are_kept(edge, caller):
    edge.psaps["brest"].behaviour = refuses(486)
    call = caller.place(
        headers=(
            "Call-Info: <urn:emergency:uid:callid:a:x>;purpose=emergency-CallId",
            "Call-Info: <urn:emergency:uid:incidentid:b:x>;purpose=emergency-IncidentId",
            "History-Info: <sip:112@x.example>;index=1",
        )
    )
    assert call.status == 200
    [invite] = edge.psaps["paris"].invites(call.call_id)
    assert len(invite.all("Call-Info")) == 2
    first, second = invite.all("History-Info")
    assert first == "<sip:112@x.example>;index=1"
    before = edge.psaps["brest"].address
    assert second == (
        "<sip:17@emergency.example>;index=1.1, "
        f"<sip:{NUMBERS['brest']}@{before}?Reason=SIP%3Bcause%3D486>;index=1.1.1;mp=1.1, "
        f"<{invite.start.split()[1]}>;index=1.1.2;mp=1.1"
    )


def test_all_of_it_is_on_record(edge, caller):
    edge.psaps["brest"].behaviour = refuses(503)
    call = caller.place()
    [decision] = edge.of("decision", call)
    assert decision.get("by") == "native"
    assert decision.get("g") == "42"
    assert decision.get("degraded") == ""
    assert decision.get("targets") == (
        f"CIC17-29/{NUMBERS['brest']}/native,CIC17-75/{NUMBERS['paris']}/native"
    )
    assert decision.get("trace") == (
        "17 @29019 bruyere/mobile -> every site OUT -> direct -> CIC17-29 "
        f"{NUMBERS['brest']} [g42 edge-test]"
    )
    assert [(record.get("n"), record.get("psap")) for record in edge.of("try", call)] == [
        ("2", "CIC17-29"),
        ("3", "CIC17-75"),
    ]
    [failed] = edge.of("failed", call)
    assert (failed.get("code"), failed.get("cause"), failed.get("via")) == ("503", "reply", "ip")
    assert edge.of("ring", call)[0].get("psap") == "CIC17-75"
    assert edge.end_of(call).get("number") == NUMBERS["paris"]


@pytest.mark.parametrize("status", [404, 480, 486, 503, 600, 603])
def test_whoever_says_no_is_followed_at_once(edge, caller, status):
    edge.psaps["brest"].behaviour = refuses(status)
    call = caller.place()
    assert call.status == 200
    assert call.seconds(180) < 0.35
    assert rang(edge, call) == ["brest", "paris"]


@pytest.mark.parametrize("status", [480, 486, 503, 603])
def test_whoever_rings_and_says_no_is_followed_all_the_same(edge, caller, status):
    edge.psaps["brest"].behaviour = ((0, 100), (0.05, 180), (0.2, status))
    call = caller.place()
    assert call.status == 200
    assert rang(edge, call) == ["brest", "paris"]
    [failed] = edge.of("failed", call)
    assert (failed.get("code"), failed.get("cause")) == (str(status), "reply")


def test_silence_costs_600_ms(edge, caller):
    edge.psaps["brest"].behaviour = SILENT
    call = caller.place()
    assert call.status == 200
    assert_in(call.seconds(180), 0.6)
    assert edge.psaps["brest"].count("INVITE", call.call_id) == 3


def test_an_ip_target_that_says_100_over_and_over_has_two_seconds(edge, caller):
    edge.psaps["brest"].behaviour = tuple((step / 2, 100) for step in range(8))
    call = caller.place()
    assert call.status == 200
    assert_in(call.seconds(180), 2.0)


def test_a_call_that_is_forwarded_or_queued_does_not_ring_yet(edge, caller):
    edge.psaps["brest"].behaviour = ((0, 100), (0.1, 181), (0.2, 182), (0.3, 181))
    call = caller.place()
    assert call.status == 200
    assert_in(call.seconds(180), 2.0)
    assert 181 not in call.statuses
    assert 182 not in call.statuses


def test_183_after_180_gives_no_more_time(edge, caller):
    hops = {name: psap.address for name, psap in edge.psaps.items()}
    patient = attempt(NUMBERS["brest"], hops["brest"], "CIC17-29", ring_ms=3000)
    other = attempt(NUMBERS["paris"], hops["paris"], "CIC17-75")
    reload(edge, make_rows({"0": (patient, other)}, communes={"29019": "0.0.0.0"}))
    edge.psaps["brest"].behaviour = ((0, 180), (1, 183), (2, 180), (2.5, 183))
    call = caller.place(timeout_s=6)
    reload(edge, list_rows(edge.psaps))
    assert call.status == 200
    assert_in(call.seconds(200), 3.0)


def test_a_gateway_that_says_100_has_six_seconds(edge, caller):
    edge.psaps["gateway"].behaviour = GREY
    call = caller.place("18", timeout_s=9)
    assert call.status == 200
    assert_in(call.seconds(180), 6.0)
    assert edge.of("failed", call)[0].get("via") == "rtc"
    assert rang(edge, call) == ["gateway", "brest"]


def test_four_targets_with_two_hops_each_are_rung(edge, caller):
    own, other = (edge.psaps[name].address for name in ("brest", "paris"))
    rung = [(number, "CIC17-29") for number in ("+33261910020", "+33261910021", "+33261910029")]
    rung.append((NUMBERS["paris"], "CIC17-75"))
    ladder = [attempt(number, own, psap) for number, psap in rung for _ in range(2)]
    ladder[-1] = attempt(NUMBERS["paris"], other, "CIC17-75")
    reload(edge, make_rows({"0": tuple(ladder)}, communes={"29019": "0.0.0.0"}))
    edge.psaps["brest"].behaviour = refuses(503)
    call = caller.place()
    reload(edge, list_rows(edge.psaps))
    assert call.status == 200
    tries = [(record.get("number"), record.get("psap")) for record in edge.of("try", call)]
    assert tries == [target for target in rung for _ in range(2)]
    assert edge.of("decision", call)[0].get("targets") == ",".join(
        f"{psap}/{number}/native" for number, psap in rung
    )


def test_a_target_that_rings_late_is_told_to_stop(edge, caller):
    edge.psaps["brest"].behaviour = LATE
    edge.psaps["paris"].behaviour = RINGS
    call = caller.begin()
    caller.listen(call, until=200, timeout_s=1.2)
    assert call.statuses.count(180) == 1
    if call.status != 200:
        assert edge.psaps["brest"].count("CANCEL", call.call_id) == 1
    caller.cancel(call)
    caller.listen(call, until=200)


def test_nobody_rings_for_ever(edge, caller):
    """It says so every second, and the plan gives it three."""
    hops = {name: psap.address for name, psap in edge.psaps.items()}
    patient = attempt(NUMBERS["brest"], hops["brest"], "CIC17-29", ring_ms=3000)
    other = attempt(NUMBERS["paris"], hops["paris"], "CIC17-75")
    reload(edge, make_rows({"0": (patient, other)}, communes={"29019": "0.0.0.0"}))
    edge.psaps["brest"].behaviour = tuple((step, 180) for step in range(8))
    call = caller.place(timeout_s=6)
    reload(edge, list_rows(edge.psaps))
    assert call.status == 200
    assert_in(call.seconds(200), 3.0)
    assert rang(edge, call) == ["brest", "paris"]
    assert edge.psaps["brest"].count("CANCEL", call.call_id) == 1


def test_503_only_when_all_of_it_has_failed(edge, caller):
    for psap in edge.psaps.values():
        psap.behaviour = refuses(486)
    call = caller.place("18")
    assert call.status == 503
    assert not call.replies[-1].get("Retry-After"), "other calls may find somebody"
    assert rang(edge, call) == ["gateway", "brest", "paris"]
    end = edge.end_of(call)
    assert (end.get("outcome"), end.get("code")) == ("failed", "503")


@pytest.mark.parametrize(
    ("dialled", "commune", "expected", "degraded"),
    [
        ("17", "29019", "brest", ""),
        ("18", "29019", "gateway", ""),
        ("17", "99999", "paris", "unknown-commune"),
        ("17", "", "paris", "no-commune"),
        ("17", "nonsense", "paris", "no-commune"),
        ("119", "29019", "brest", ""),
        ("SOS", "29019", "brest", ""),
    ],
)
def test_every_call_finds_somebody(edge, caller, dialled, commune, expected, degraded):
    call = caller.place(dialled, commune)
    assert call.status == 200
    assert rang(edge, call) == [expected]
    assert edge.of("decision", call)[0].get("degraded") == degraded


@pytest.mark.parametrize(
    "uri",
    ["urn:service:sos.police", "urn:service:sos.police.local.rural", "urn:service:SOS.Police"],
)
def test_a_service_urn_finds_its_parents(edge, caller, uri):
    call = caller.place(uri=uri)
    assert call.status == 200
    assert rang(edge, call) == ["brest"]
    [invite] = edge.psaps["brest"].invites(call.call_id)
    assert invite.get("History-Info").startswith(f"<{uri}>;index=1, ")


def test_a_commune_in_the_request_uri_counts_before_one_in_a_header(edge, caller):
    call = caller.place(uri="sip:17@x.example;commune=99999", commune="29019")
    assert edge.of("attempt", call)[0].get("commune") == "99999"


@pytest.mark.parametrize("value", ["9" * 600, "2901\x019", "29019\x7f"])
def test_a_value_that_is_too_long_or_holds_control_characters_is_no_value(edge, caller, value):
    call = caller.place(commune="", headers=(f"X-Commune: {value}",))
    assert call.status == 200
    assert edge.of("attempt", call)[0].get("commune") == ""


def reload(edge, rows, slot=None):
    """Put rows in use as the supervisor does: into the idle copy, then one flip."""
    write_rows(edge.setup.table_file, rows)
    now = "b" if getattr(edge, "slot", "a") == "a" else "a"
    edge.ask("htable.reload", f"plan_{now}")
    edge.ask("pv.shvSet", "slot", "str", now)
    edge.slot = now


def test_a_new_plan_is_in_use_after_one_flip_while_calls_ring(edge, caller):
    edge.psaps["brest"].behaviour = ((0, 100), (0.1, 180), (0.8, 200))
    before = caller.begin()
    caller.listen(before, until=180)
    hops = {name: psap.address for name, psap in edge.psaps.items()}
    moved = attempt(NUMBERS["paris"], hops["paris"], "CIC17-75")
    rows = make_rows({"0": (moved,)}, communes={"29019": "0.0.0.0"}, generation=43)
    reload(edge, rows)
    after = caller.place()
    caller.listen(before, until=200)
    reload(edge, list_rows(edge.psaps))
    assert before.status == after.status == 200
    assert rang(edge, before) == ["brest"]
    assert rang(edge, after) == ["paris"]
    assert edge.of("decision", after)[0].get("g") == "43"


def test_a_row_that_leads_nowhere_is_passed_over(edge, caller):
    rows = list_rows(edge.psaps) | {"c:29019": "77.77.77.77", "d": "78.78.78.78"}
    reload(edge, rows)
    call = caller.place()
    reload(edge, list_rows(edge.psaps))
    assert call.status == 200
    assert rang(edge, call) == ["paris"]


def test_an_empty_table_still_leaves_the_sites(edge, caller):
    """Even those which it would not ask otherwise."""
    reload(edge, {})
    edge.sites[0].behaviour = ((0, 100), (0.01, 180), (0.02, 200))
    well = caller.place()
    edge.sites[0].behaviour = refuses(503)
    edge.sites[0].headers = ("Retry-After: 3",)
    nobody = caller.place()
    edge.sites[0].behaviour = ((0, 100), (0.01, 180), (0.02, 200))
    held_off = caller.place()
    reload(edge, list_rows(edge.psaps))
    edge.ask("htable.flush", "off")
    assert (well.status, nobody.status, held_off.status) == (200, 503, 200)
    assert len(edge.of("pass", held_off)) == 1
    time.sleep(0.1)
