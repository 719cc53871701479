"""Real calls through a real Kamailio to real SIPp PSAPs: they ring, whatever breaks."""

import os
from pathlib import Path

import pytest
from tests.support.sip import RINGING, make_call, open_stage

import route112
from route112.adapters.processes import ask_options
from route112.model import UtcTime
from route112.native import NativeTable
from route112.native.operators import list_operators
from route112.snapshot.reader import Snapshot

pytestmark = pytest.mark.e2e

BREST = "127.0.64.1"
BREST_SECOND = "127.0.64.2"
FIRE = "127.0.64.3"
PARIS = "127.0.64.4"
NATIONAL_POLICE = "+33199000020"


@pytest.fixture
def stage(tmp_path):
    with open_stage(tmp_path) as opened:
        yield opened


def rung(outcome):
    return [ring.number for ring in outcome.rings]


def start_all(stage, **options):
    stage.brest = (stage.psap(BREST),)
    stage.fire = (stage.psap(FIRE),)
    stage.paris = (stage.psap(PARIS),)
    stage.start(**options)


def test_calls_ring_at_the_numbers_of_the_plan(stage):
    start_all(stage)
    outcomes = stage.call(
        make_call("17", "29019", "+33261910020", key=1),
        make_call("112", "29103", "+33261910030", key=2),
        make_call("15", "75101", "+33199000010", key=3),
        make_call("18", "75120", "+33199000030", key=4),
    )
    assert [outcome.right for outcome in outcomes] == [True] * 4, stage.log()
    trace = stage.records("decision")[0].get("trace")
    assert trace.startswith("17 @29019 bruyere/mobile -> ")
    assert " CIC17-29 +33261910020 [g42 site-test " in trace
    assert "python DOWN" not in stage.log()


def test_a_merged_commune_and_a_target_over_tcp(stage):
    stage.brest = (stage.psap(BREST, transport="tcp"),)
    stage.fire = (stage.psap(FIRE),)
    stage.paris = (stage.psap(PARIS),)
    stage.start()
    [outcome] = stage.call(make_call("17", "29165", "+33261910020"))
    assert outcome.right, stage.log()
    assert outcome.rings[0].hop.endswith("-tcp")


def test_options_are_answered_by_the_path_that_decides(stage):
    start_all(stage)
    assert ask_options(stage.site.host, stage.site.port) == 200


def test_a_call_without_a_usable_commune_rings_and_says_that_it_is_degraded(stage):
    start_all(stage)
    outcomes = stage.call(make_call(commune="", key=1), make_call(commune="99999", key=2))
    assert [len(outcome.rings) for outcome in outcomes] == [1, 1]
    assert all(outcome.answered for outcome in outcomes)
    assert "python DOWN" not in stage.log()
    said = [line for line in stage.log().splitlines() if "@99999 bruyere/mobile -> " in line]
    assert len(said) == 1
    assert "WARNING" in said[0]


def test_a_header_that_is_not_utf8_costs_the_commune_and_not_the_call(stage):
    start_all(stage)
    [outcome] = stage.call(make_call(commune="Br\xe9st"))
    assert outcome.answered
    [attempt] = [line for line in stage.log().splitlines() if "R1 attempt " in line]
    assert " by=python " in attempt
    assert " commune= " in attempt


def test_a_silent_hop_is_followed_by_the_next_hop_to_the_same_number(stage):
    stage.brest = (stage.silent(BREST), stage.psap(BREST_SECOND))
    stage.fire = (stage.psap(FIRE),)
    stage.paris = (stage.psap(PARIS),)
    stage.start()
    [outcome] = stage.call(make_call())
    assert outcome.right, stage.log()
    assert BREST_SECOND in outcome.rings[0].hop


def use_broken_python(monkeypatch, folder: Path, replacement: str):
    """Let Kamailio's interpreter start with a `decide` that misbehaves."""
    source = Path(route112.__file__).resolve().parents[1]
    broken = folder / "broken"
    broken.mkdir()
    (broken / "sitecustomize.py").write_text(replacement, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(broken), str(source))))


RAISES = """
from route112.adapters import kemi as package
from route112.adapters.kemi import handler as kemi
opened = package.open_site
def decide(*_, **__):
    raise RuntimeError("planted")
def open_site(*arguments):
    site = opened(*arguments)
    kemi.decide = decide
    return site
package.open_site = open_site
"""
HANGS = RAISES.replace('raise RuntimeError("planted")', "while True: pass")
POISONS = RAISES.replace("    kemi.decide = decide\n", "    kemi.Site.decide = decide\n")
DOES_NOT_IMPORT = "import sys; sys.modules['route112.adapters.kemi'] = None"


@pytest.mark.parametrize(
    ("replacement", "said"),
    [
        (RAISES, "decide: RuntimeError('planted')"),
        (HANGS, "decide: DecideTimeoutError('no answer within 50 ms')"),
        (POISONS, "planted"),
        (DOES_NOT_IMPORT, "python DOWN, native route only"),
    ],
    ids=["raises", "hangs", "raises-outside-the-guard", "does-not-import"],
)
def test_whatever_python_does_the_native_route_rings_a_psap(
    stage, monkeypatch, tmp_path, replacement, said
):
    use_broken_python(monkeypatch, tmp_path, replacement)
    start_all(stage)
    outcomes = stage.call(
        make_call("17", "29019", "+33261910020", key=1),
        make_call("999", "29103", "+33261910030", key=2),
    )
    assert [outcome.right for outcome in outcomes] == [True, True], stage.log()
    trace = stage.records("decision")[0].get("trace")
    assert " -> python DOWN -> native -> CIC17-29 +33261910020 " in trace
    assert said in stage.log()
    hidden = replacement is POISONS
    assert ask_options(stage.site.host, stage.site.port) == (200 if hidden else 503)


@pytest.mark.parametrize("content", [None, b"", b"not a snapshot", "truncated"])
def test_without_a_readable_snapshot_the_native_route_rings_a_psap(stage, tmp_path, content):
    serve = tmp_path / "served.r112"
    if content == "truncated":
        stage.brest = stage.fire = stage.paris = (stage.free_place(PARIS),)
        serve.write_bytes(stage.write_snapshot().read_bytes()[:-40])
    elif content is not None:
        serve.write_bytes(content)
    start_all(stage, serve=serve)
    [outcome] = stage.call(make_call("17", "29019", "+33261910020"))
    assert outcome.right, stage.log()
    assert "python DOWN, native route only" in stage.log()
    assert ask_options(stage.site.host, stage.site.port) == 503


def test_when_no_target_can_even_be_sent_to_the_native_route_serves(stage):
    stage.brest = stage.fire = stage.paris = (stage.free_place(BREST, "tcp"),)
    place = stage.psap(PARIS)
    row = f"{NATIONAL_POLICE}|{place}|udp|2000|30000|CIC17-75"
    zones = dict(list_operators(Snapshot(stage.write_snapshot().read_bytes()).operators))
    native = NativeTable(
        generation=42,
        built=UtcTime(0),
        zones=zones | {"29019": "z", "n:17": "17", "n:*": "17", "*": "z"},
        attempts={"z:17": row},
        plan_hash="",
        lines={},
        order_due=None,
        plan_due=None,
    )
    stage.start(native=native)
    [outcome] = stage.call(make_call("17", "29019", NATIONAL_POLICE))
    assert outcome.right, stage.log()
    assert "-> every target UNSENT -> native -> " in stage.records("decision")[-1].get("trace")


def test_the_native_route_knows_service_urns(stage, tmp_path):
    stage.brest = (stage.psap(BREST),)
    stage.fire = (stage.psap(FIRE),)
    stage.paris = (stage.psap(PARIS, RINGING),)
    stage.start(serve=tmp_path / "none.r112")
    assert stage.hang_up_while_ringing("urn:service:sos.police", "75101") == 487
    log = (stage.folder / f"psap-{PARIS}-{stage.paris[0].port}-udp.log").read_text()
    assert log.split()[0::2][:2] == ["rang", NATIONAL_POLICE]
