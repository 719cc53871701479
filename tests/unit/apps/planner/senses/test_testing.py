import asyncio
import time
from types import SimpleNamespace

import pytest
from tests.unit.watch.probing.test_paths import G1, G2, IP, TOPOLOGY, make_hop

from route112.adapters.clock import utc_now
from route112.apps.planner.senses import testing as module
from route112.apps.planner.senses.testing import Rounds, list_wanted, read_rung
from route112.change import Probing
from route112.watch.probing.paths import Path
from route112.watch.probing.verdict import Failing

NOW = 1_795_000_000_000_000
MINUTE = 60_000_000
HOPS = [make_hop(G1, "rtc"), make_hop(G2, "rtc"), make_hop(IP)]
PATHS = (Path("a1", "s1", G1), Path("a1", "s1", G2), Path("a1", "s1", IP))


def wanted(station="s1", *, only=None, rung_us=None):
    return list_wanted(TOPOLOGY, station, HOPS, only=only, rung_us=rung_us, now_us=NOW)


class FakeProber:
    """Says of each next hop in turn what a test says."""

    def __init__(self, said=None):
        self.said = {} if said is None else said
        self.placed = []
        self.entered = 0
        self.error = None

    async def __aenter__(self):
        self.entered += 1
        if self.error is not None:
            raise self.error
        return self

    async def __aexit__(self, *_error):
        return None

    async def place(self, path):
        self.placed.append(path.hop)
        await asyncio.sleep(0)
        said = self.said.get(path.hop, [Failing.NOBODY])
        word = said.pop(0) if len(said) > 1 else said[0]
        if isinstance(word, OSError):
            raise word
        return SimpleNamespace(failing=word)


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(module, "AGAIN_SECONDS", 0.0)


def look_until(rounds, key, paths, condition):
    deadline = time.monotonic() + 60
    while not condition(found := rounds.look(key, lambda: paths)):
        assert time.monotonic() < deadline, found
        time.sleep(0.005)
    return found


def test_each_next_hop_is_tested_once_through_the_station():
    found = wanted(rung_us={})
    assert {path.site for path in found} == {"s1"}
    assert sorted(path.hop for path in found) == sorted((G1, G2, IP))
    assert [path.hop for path in wanted(only=(G2,), rung_us={})] == [G2]
    assert {path.edge for path in wanted("b1", rung_us={})} == {"b1"}


def test_a_responder_that_was_rung_a_moment_ago_is_left_alone():
    for rung_us, is_rung in (
        ({IP: NOW - 14 * MINUTE}, False),
        ({IP: NOW - 15 * MINUTE}, True),
        (None, False),
    ):
        assert (IP in {path.hop for path in wanted(rung_us=rung_us)}) is is_rung


def test_all_pass_and_what_was_rung_is_remembered():
    prober = FakeProber()
    rounds = Rounds(lambda: prober)
    found = look_until(rounds, "k", PATHS, lambda found: found.passed == 3)
    assert found == Probing(wanted=3, passed=3)
    assert sorted(prober.placed) == sorted((G1, G2, IP))
    assert set(rounds.rung_us) == {G1, G2, IP}
    assert rounds.look("k", lambda: pytest.fail("the round is known")) == found


def test_a_responder_that_was_not_reached_is_wanted_by_the_next_round():
    prober = FakeProber({IP: [Failing.SITE]})
    rounds = Rounds(lambda: prober)

    def make_wanted():
        return list_wanted(
            TOPOLOGY, "s1", HOPS, only=None, rung_us=rounds.rung_us, now_us=utc_now()
        )

    for key in ("first", "the same plan again"):
        rounds.look(key, make_wanted)
        found = look_until(rounds, key, (), lambda found: found.passed == 2 and found.failed)
        assert found == Probing(wanted=3, passed=2, failed=(f"{IP} at site",))
    prober.said = {}
    look_until(rounds, "whole", make_wanted(), lambda found: found.passed == 3)
    assert IP not in {path.hop for path in make_wanted()}


def test_a_round_that_ends_in_the_middle_leaves_its_responders_to_the_next():
    prober = FakeProber({IP: [Failing.BUSY]})
    rounds = Rounds(lambda: prober)
    rounds.look("before a freeze", lambda: PATHS[2:])
    deadline = time.monotonic() + 60
    while not prober.placed:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    assert IP in {path.hop for path in wanted(rung_us=rounds.rung_us)}
    rounds.end()


def test_one_lost_datagram_is_no_broken_route_and_three_are():
    prober = FakeProber({G1: [Failing.TRUNK, Failing.TRUNK, Failing.NOBODY], G2: [Failing.SITE]})
    found = look_until(
        Rounds(lambda: prober), "k", PATHS, lambda found: found.passed == 2 and found.failed
    )
    assert found.failed == (f"{G2} at site",)
    assert prober.placed.count(G2) == module.TRIES_MAX


def test_a_station_that_was_just_started_is_tried_more_often():
    prober = FakeProber({G1: [*[Failing.SITE] * module.TRIES_MAX, Failing.NOBODY]})
    rounds = Rounds(lambda: prober)
    rounds.look("k", lambda: PATHS, tries_max=module.TRIES_RESTED_MAX)
    assert look_until(rounds, "k", PATHS, lambda found: found.passed == 3).failed == ()


def test_a_busy_site_is_asked_until_it_is_not():
    prober = FakeProber({G1: [*[Failing.BUSY] * 9, Failing.NOBODY]})
    found = look_until(Rounds(lambda: prober), "k", PATHS, lambda found: found.passed == 3)
    assert found.failed == ()


def test_what_this_machine_cannot_do_is_said():
    prober = FakeProber({G1: [OSError(98, "Address already in use")]})
    found = look_until(Rounds(lambda: prober), "k", PATHS[:1], lambda found: found.failed)
    assert found.failed == (f"{G1} at this machine (Address already in use)",)
    prober = FakeProber()
    prober.error = OSError(99, "Cannot assign requested address")
    found = look_until(Rounds(lambda: prober), "k", PATHS, lambda found: found.failed)
    assert found.failed == ("every hop at this machine (Cannot assign requested address)",)


def test_where_nothing_can_be_tested_nobody_is_called():
    prober = FakeProber()
    rounds = Rounds(lambda: prober)
    assert rounds.look("k", lambda: None) is None, "nobody knows yet what is wanted"
    assert rounds.look("k", tuple) == Probing(wanted=0, passed=0)
    assert prober.entered == 0


def test_another_step_is_another_round_and_the_one_before_ends():
    prober = FakeProber({G1: [Failing.BUSY], G2: [Failing.BUSY], IP: [Failing.BUSY]})
    rounds = Rounds(lambda: prober)
    rounds.look("k", lambda: PATHS)
    thread = rounds._thread
    assert rounds.look("later", tuple) == Probing(wanted=0, passed=0)
    thread.join(5)
    assert not thread.is_alive()
    rounds.end()
    rounds.end()


def test_when_responders_were_rung_stands_beside_the_prober(tmp_path):
    assert read_rung(tmp_path) == {}
    (tmp_path / "probe").mkdir()
    (tmp_path / "probe" / "rung.json").write_text('{"h:1": 7}')
    assert read_rung(tmp_path) == {"h:1": 7}
    (tmp_path / "probe" / "rung.json").write_text("{")
    assert read_rung(tmp_path) is None
