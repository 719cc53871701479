"""What keeps a site from doing harm: strangers, freezes, a cut way out, overload, no Python."""

import os
import signal
import time

import pytest
from tests.support.site import (
    ANSWERS,
    HOST,
    RINGS,
    SILENT,
    STRANGER,
    Caller,
    make_operators,
    open_site,
    refuses,
)

from route112.countries.fr.network import OPERATORS

pytestmark = pytest.mark.e2e

BREST = "+33261910020"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with open_site(tmp_path_factory.mktemp("site")) as opened:
        yield opened


@pytest.fixture(autouse=True)
def well(request):
    if "site" in request.fixturenames:
        for psap in request.getfixturevalue("site").psaps.values():
            psap.behaviour = ANSWERS


@pytest.fixture
def caller(site):
    opened = Caller(site)
    yield opened
    opened.close()


def signal_site(site, number):
    os.killpg(site.child.popen.pid, number)


def count_rings(site, call):
    return sum(len(psap.invites(call.call_id)) for psap in site.psaps.values())


def test_a_stranger_is_refused_and_on_record(site):
    stranger = Caller(site, host=STRANGER)
    call = stranger.place()
    assert call.statuses == [403]
    assert count_rings(site, call) == 0
    [refused] = site.records("refused", call.call_id)
    assert refused.get("reason") == "unknown-source"
    assert refused.get("src") == f"{STRANGER}:{stranger.port}"
    assert site.records("attempt", call.call_id) == []


def test_a_flood_of_strangers_leaves_few_lines_and_calls_get_through(site, caller):
    stranger = Caller(site, host=STRANGER)
    for _ in range(500):
        stranger.begin()
    assert caller.place().status == 200
    assert len(site.records("refused")) <= 3 * 50
    stranger.close()


def test_an_operator_that_came_with_a_later_snapshot_is_served(site):
    late = Caller(site, host="127.0.2.40")
    assert late.place().status == 403
    first, second = make_operators()
    site.operators = (first, second.__class__(
        id="genet", name="G", technologies=("voip",), default_commune="", sources=("127.0.2.40/32",)
    ))  # fmt: skip
    site.offer(43)
    call = late.place()
    assert call.status == 200
    assert site.records("attempt", call.call_id)[0].get("op") == "genet"
    site.operators = make_operators()
    site.offer(44)
    assert late.place().status == 403


@pytest.mark.parametrize("gap_s", [1.5])
def test_an_invite_that_waited_through_a_freeze_rings_nowhere(site, caller, gap_s):
    for psap in site.psaps.values():
        psap.behaviour = RINGS
    calls = []
    for _ in range(3):
        time.sleep(0.7)
        signal_site(site, signal.SIGSTOP)
        time.sleep(gap_s)
        calls += [caller.begin() for _ in range(5)]
        signal_site(site, signal.SIGCONT)
        for call in calls[-5:]:
            caller.listen(call, until=200, timeout_s=0.3)
    time.sleep(0.3)
    assert [count_rings(site, call) for call in calls] == [0] * 15
    reasons = {record.get("reason") for record in site.records("refused", calls[0].call_id)}
    assert reasons == {"stale"}
    time.sleep(0.5)
    for psap in site.psaps.values():
        psap.behaviour = ANSWERS
    assert caller.place().status == 200


@pytest.mark.slow
def test_after_a_long_freeze_no_telephone_that_rings_is_taken_for_a_silent_one(site, caller):
    for psap in site.psaps.values():
        psap.behaviour = RINGS
    time.sleep(0.7)
    signal_site(site, signal.SIGSTOP)
    time.sleep(30.0)
    signal_site(site, signal.SIGCONT)
    calls = []
    for _ in range(12):
        time.sleep(0.6)
        calls.append(caller.begin())
    for call in calls:
        caller.listen(call, until=200, timeout_s=0.5)
    assert max(count_rings(site, call) for call in calls) == 1
    assert count_rings(site, calls[-1]) == 1, "it serves again"
    assert "stale" in {record.get("reason") for record in site.records("refused")}


def test_a_call_under_way_through_a_freeze_is_not_sent_elsewhere(site, caller):
    site.psaps["brest"].behaviour = SILENT
    call = caller.begin()
    caller.listen(call, until=100)
    signal_site(site, signal.SIGSTOP)
    time.sleep(1.5)
    signal_site(site, signal.SIGCONT)
    caller.listen(call, until=200)
    assert call.status == 503
    assert site.psaps["paris"].invites(call.call_id) == []
    assert site.end_of(call).get("outcome") == "failed"
    time.sleep(0.6)


def test_a_short_hiccup_is_no_freeze(site, caller):
    signal_site(site, signal.SIGSTOP)
    call = caller.begin()
    time.sleep(0.4)
    signal_site(site, signal.SIGCONT)
    assert caller.listen(call, until=200).status == 200


def test_one_dead_answering_point_never_shuts_the_way_out(site, caller):
    site.psaps["brest"].behaviour = SILENT
    for _ in range(4):
        assert caller.place().status == 200
    assert site.records("site") == []


def test_three_silent_targets_shut_the_site_for_ten_seconds(site, caller):
    for psap in site.psaps.values():
        psap.behaviour = SILENT
    lost = [caller.begin("18"), caller.begin("17")]
    for call in lost:
        caller.listen(call, until=200, timeout_s=6)
        assert call.status in (408, 500, 503)
    assert [r.get("event") for r in site.records("site")] == ["way-out-open"]
    began = time.monotonic()
    refused = caller.place()
    assert refused.statuses == [503]
    assert refused.replies[0].get("Retry-After") == "10"
    assert site.records("refused", refused.call_id)[0].get("reason") == "way-out"
    assert caller.ask("OPTIONS", f"sip:{HOST}") == 503
    for psap in site.psaps.values():
        psap.behaviour = ANSWERS
    assert caller.place().status == 503
    while caller.ask("OPTIONS", f"sip:{HOST}") != 200:
        assert time.monotonic() - began < 12
        time.sleep(0.2)
    assert time.monotonic() - began > 8.5
    assert caller.place().status == 200
    assert [r.get("event") for r in site.records("site")] == ["way-out-open", "way-out-closed"]
    assert caller.place().status == 200


def test_a_full_site_sheds_by_share_before_memory_runs_out(tmp_path):
    with open_site(tmp_path, calls_max=10, shm_mb=64) as site:
        for psap in site.psaps.values():
            psap.behaviour = RINGS
        big, small = Caller(site), Caller(site, host="127.0.2.17")
        ringing = [big.begin() for _ in range(8)]
        for call in ringing:
            big.listen(call, until=180)
        # Seven may borrow; the eighth is still within the share of four fifths.
        assert all(180 in call.statuses for call in ringing)
        shed = big.place()
        assert shed.statuses == [503]
        assert shed.replies[0].get("Retry-After") == "10"
        assert site.records("refused", shed.call_id)[0].get("reason") == "shed"
        own = [small.begin(commune="") for _ in range(2)]
        for call in own:
            small.listen(call, until=180)
        assert all(180 in call.statuses for call in own)
        assert small.place(commune="").status == 503
        for call in ringing:
            big.cancel(call)
            big.listen(call, until=200)
        site.psaps["brest"].behaviour = ANSWERS
        assert big.place().status == 200


NATIVE_CALLS = (
    ({"dialled": "17", "commune": "29019"}, ""),
    ({"dialled": "17", "commune": "29165"}, ""),
    ({"dialled": "17", "commune": ""}, "no-commune"),
    ({"dialled": "17", "commune": "99999"}, "unknown-commune"),
    ({"dialled": "999", "commune": "29019"}, ""),
    ({"uri": "sip:17@emergency.example;commune=75101", "commune": ""}, ""),
    ({"uri": "urn:service:sos.police", "commune": "29019"}, ""),
    ({"uri": "urn:service:SOS.Police.municipal", "commune": "75101"}, ""),
    ({"uri": "urn:service:sos", "commune": "29103"}, ""),
    ({"uri": "sip:17;phone-context=+33@emergency.example", "commune": "29019"}, ""),
    ({"uri": "sip:emergency.example", "commune": "29019"}, ""),
    ({"uri": "tel:17", "commune": "29019"}, ""),
    ({"dialled": "17", "commune": "x29019y"}, ""),
    ({"dialled": "17", "commune": "29 019"}, "unknown-commune"),
    ({"dialled": "17", "commune": "9" * 600}, "no-commune"),
    ({"dialled": "17", "commune": "29\t019"}, "no-commune"),
    ({"dialled": "17", "headers": ("x-commune: 75101",), "commune": ""}, ""),
    ({"dialled": "17", "headers": ("X-Commune: 29019", "X-Commune: 75101"), "commune": ""}, ""),
)


DIALECTS = {
    "127.0.2.1": ({"uri": "sip:17@x;commune=29019"}, {"headers": ("X-Commune: 29019",)}),
    "127.0.2.17": (
        {"headers": ("P-Access-Network-Info: 3GPP-E-UTRAN;insee=29019;x=1",)},
        {"headers": ("P-Access-Network-Info: insee=29;insee=75101",)},
    ),
    "127.0.2.9": (
        {"dialled": "29019*17"},
        {"dialled": "75101*112"},
        {"dialled": "29019*1"},
        {"dialled": "15"},
    ),
    "127.0.2.49": (
        {"headers": ("X-Technology: pstn",)},
        {"headers": ("X-Technology: PSTN",)},
    ),
}
"""What each operator of the demo country sends, from one of its addresses."""


def ring(site, caller, options):
    """Place a call; return what rang, and what the record says of the call."""
    call = caller.place(**options)
    assert call.status == 200, (options, call.statuses)
    found = [psap.invites(call.call_id) for psap in site.psaps.values()]
    [invite] = [invite for invites in found for invite in invites]
    [attempt] = site.records("attempt", call.call_id)
    fields = ("op", "tech", "dialled", "commune", "caller")
    return invite.number, attempt.get("by"), tuple(attempt.get(name) for name in fields)


def test_both_translations_read_every_dialect_alike(tmp_path):
    answers = []
    for name, python in (("python", True), ("native", False)):
        folder = tmp_path / name
        folder.mkdir()
        with open_site(folder, operators=OPERATORS, python=python, six=True, shm_mb=64) as site:
            answers.append(
                [
                    ring(site, caller, {"commune": "", **options})
                    for host, calls in DIALECTS.items()
                    for caller in [Caller(site, host=host)]
                    for options in calls
                ]
            )
    assert {by for _, by, _ in answers[0]} == {"python"}
    assert {by for _, by, _ in answers[1]} == {"native"}
    for ours, theirs in zip(*answers, strict=True):
        assert (ours[0], ours[2]) == (theirs[0], theirs[2])
    assert [fields[:4] for _, _, fields in answers[0]][4:6] == [
        ("bruyere", "mobile", "17", "29019"),
        ("bruyere", "mobile", "112", "75101"),
    ]


def test_the_native_route_reads_the_call_anew_when_no_target_could_be_sent_to(site, caller):
    site.psaps["six"].close()  # and this site has no address of IPv6 to send from
    try:
        call = caller.place("15", "", headers=("X-Commune: 75101",))
    finally:
        site.psaps["six"].open()
    attempts = site.records("attempt", call.call_id)
    assert [(attempt.get("by"), attempt.get("dialled")) for attempt in attempts][:1] == [
        ("python", "15")
    ]
    assert {attempt.get("dialled") for attempt in attempts} == {"15"}
    assert site.end_of(call).get("outcome") in {"answered", "failed"}


def test_the_native_route_rings_what_python_rings(site, tmp_path):
    by_python = Caller(site)
    expected = [ring(site, by_python, options) for options, _ in NATIVE_CALLS]
    assert {by for _, by, _ in expected} == {"python"}
    for psap in site.psaps.values():
        psap.close()
    with open_site(tmp_path, python=False, shm_mb=64) as native:
        by_native = Caller(native)
        assert by_native.ask("OPTIONS", f"sip:{HOST}") == 503
        found = [ring(native, by_native, options) for options, _ in NATIVE_CALLS]
        assert {by for _, by, _ in found} == {"native"}
        for (options, _), ours, theirs in zip(NATIVE_CALLS, found, expected, strict=True):
            assert ours[0] == theirs[0], options
        call = by_native.place("17", headers=("P-Asserted-Identity: <sip:+33639980007@x>",))
        [attempt] = native.records("attempt", call.call_id)
        assert attempt.get("caller") == "+33639980007"
        assert (attempt.get("op"), attempt.get("tech")) == ("bruyere", "mobile")
        [decision] = native.records("decision", call.call_id)
        assert decision.get("g") == "42"
        assert decision.get("targets").startswith(f"CIC17-29/{BREST}/native,")
        assert decision.get("trace").startswith(
            "17 @29019 bruyere/mobile -> python DOWN -> native "
        )
        assert "33639980007" not in decision.get("trace")
        native.psaps["brest"].behaviour = refuses(503)
        assert by_native.place().status == 200
        # Frozen without Python: the wall clock has to tell.
        native.psaps["brest"].behaviour = RINGS
        time.sleep(0.3)
        signal_site(native, signal.SIGSTOP)
        time.sleep(1.5)
        call = by_native.begin()
        signal_site(native, signal.SIGCONT)
        by_native.listen(call, until=200, timeout_s=0.5)
        assert count_rings(native, call) == 0
        errors = [line for line in native.log().splitlines() if " ERROR: " in line]
        assert [line for line in errors if "python DOWN" not in line] == []
    for psap in site.psaps.values():
        psap.open()
