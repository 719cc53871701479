"""Each act breaks one thing, says what came of it, and is not as told when it came otherwise."""

import asyncio
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from tests.support.snapshots import small_content

from route112.adapters.sip import Address
from route112.apps.demo import acts
from route112.apps.demo.draw import DemoCall
from route112.apps.demo.tally import Book
from route112.simulation.behaviours import Behaviour
from route112.simulation.checker import Verdict
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

BEST, SECOND = "+33261910010", "+33261910020"
CALL = DemoCall(
    dialled="15",
    commune="29019",
    name="Brest",
    operator="bruyere",
    technology="mobile",
    targets=(BEST, SECOND),
)


class FakePlay:
    """Every call ends as `become` says of what is broken at the time."""

    def __init__(self, become):
        self.become = become
        self.snapshot = Snapshot(write_snapshot(small_content()))
        self.ends = SimpleNamespace(
            psaps=SimpleNamespace(numbers={}), site=Address("udp", "127.0.1.1", 5060)
        )
        self.screen = SimpleNamespace(act=lambda *told: self.told.append(told))
        self.switch = self
        self.book = Book()
        self.median_ms = 5.0
        self.told, self.concluded, self.placed = [], [], []
        self.fault = ""
        self.generation = "1"
        self.usual = None

    @contextmanager
    def on(self, fault):
        self.fault = fault
        yield
        self.fault = ""

    async def place(self, calls, *, rate=0.0, quiet=False):
        self.placed.append((len(calls), rate, quiet))
        if quiet:
            await asyncio.sleep(0.02)
        verdict, engine = self.become(self)
        return tuple(
            SimpleNamespace(
                call_id=f"{index}@demo",
                verdict=SimpleNamespace(verdict=verdict),
                is_good=verdict in (Verdict.RIGHT, Verdict.DELAYED),
                engines={engine},
                generations=frozenset({"1" if index == 0 else self.generation}),
            )
            for index, _ in enumerate(calls)
        )

    def keep_usual(self, shown):
        self.usual = shown

    def conclude(self, text, *, kept):
        self.concluded.append((text, kept))


def test_all_calls_are_usual():
    play = FakePlay(lambda _play: (Verdict.RIGHT, "python"))
    asyncio.run(acts.place_all(play, [CALL, CALL]))
    assert len(play.usual) == 2
    assert play.told[0][0] == "1. 2 calls"
    [(text, kept)] = play.concluded
    assert kept
    assert text.startswith("2 of 2 rang where the country's second derivation says; the median ")


def test_a_lost_call_in_the_first_act_is_not_as_told():
    play = FakePlay(lambda _play: (Verdict.LOST, "python"))
    asyncio.run(acts.place_all(play, [CALL]))
    assert play.concluded[0][1] is False


def delay_while_silent(play):
    silent = play.ends.psaps.numbers.get(BEST) is Behaviour.SILENT
    return (Verdict.DELAYED if silent else Verdict.RIGHT), "python"


def test_a_silenced_psap_delays_its_calls_and_answers_again():
    play = FakePlay(delay_while_silent)
    asyncio.run(acts.silence_psap(play, [CALL]))
    text, kept = play.concluded[0]
    assert kept
    assert text.startswith("4 of 4 rang at the next target: delayed, not lost. CRRA15-29 answers")
    assert play.ends.psaps.numbers == {}
    spans = play.book.make_expectation().reachable
    assert set(spans) == {BEST, "+33261910011", "+33261910019"}


def test_a_psap_that_was_not_silenced_is_not_as_told():
    play = FakePlay(lambda _play: (Verdict.RIGHT, "python"))
    asyncio.run(acts.silence_psap(play, [CALL]))
    assert play.concluded[0][1] is False


def test_without_a_psap_to_silence_the_act_is_left_out():
    play = FakePlay(delay_while_silent)
    asyncio.run(acts.silence_psap(play, []))
    assert "left out" in play.told[0][1]
    assert not play.concluded


@pytest.mark.parametrize(
    ("status", "engine", "kept"),
    [(503, "native", True), (200, "native", False), (503, "python", False)],
)
def test_python_raises_and_hangs_and_the_native_table_serves(monkeypatch, status, engine, kept):
    faults = []

    def become(play):
        faults.append(play.fault)
        return Verdict.RIGHT, engine

    async def ask(*_place, **_options):
        return status

    monkeypatch.setattr(acts, "ask_options", ask)
    play = FakePlay(become)
    asyncio.run(acts.break_python(play, [CALL] * 20))
    assert faults == ["raise", "hang"]
    assert [end[1] for end in play.concluded] == [kept, kept]
    assert [count for count, *_ in play.placed] == [8, 8]


def swap(play, folder, monkeypatch):
    offered, plan = folder / "next.r112", folder / "fr.r112"
    offered.write_bytes(b"next")
    plan.write_bytes(b"first")
    monkeypatch.setattr(acts, "SWAP_AFTER_S", 0.001)
    asyncio.run(acts.swap_snapshot(play, [CALL], offered=offered, plan=plan))
    assert plan.read_bytes() == b"next"


def test_the_next_generation_takes_over_under_calls(monkeypatch, tmp_path):
    def become(play):
        play.generation = "2" if len(play.placed) > 1 else "1"
        return Verdict.RIGHT, "python"

    play = FakePlay(become)
    swap(play, tmp_path, monkeypatch)
    assert play.concluded == [
        ("80 of 80 right: 41 by g1 and 39 by g2; each record names one generation.", True)
    ]
    assert all(quiet for _, _, quiet in play.placed)


def test_a_snapshot_that_is_never_served_is_not_as_told(monkeypatch, tmp_path):
    play = FakePlay(lambda _play: (Verdict.RIGHT, "python"))
    swap(play, tmp_path, monkeypatch)
    assert len(play.placed) == 1 + acts.SWAP_ROUNDS_MAX
    assert play.concluded[0][1] is False
