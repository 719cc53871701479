import pytest
from tests.support.seen import T0, see

from route112.adapters.watch_store import Looks, Step, open_store, transaction
from route112.adapters.watch_store.looks import FINDINGS_KEPT_US
from route112.watch.findings import Change, Finding, FindingKind
from route112.watch.series import Series

SERIES = Series((("number", "15"), ("departement", "29")))


def find(kind=FindingKind.GREY, series=SERIES, **values):
    usual = {"since_us": T0, "at_us": T0 + 1, "expected": 1.5, "seen": 0.0, "strength": 20.0,
             "floor_s": float("inf"), "party": "joint", "evidence": ("l'un", "·")}  # fmt: skip
    return Finding(kind=kind, series=series, **{**usual, **values})


@pytest.fixture
def store(tmp_path):
    opened = open_store(tmp_path / "w.sqlite", create=True)
    yield opened
    opened.close()


def test_state_comes_back_with_the_steps_that_came_after_it(store):
    looks = Looks(store)
    assert (looks.load().state, looks.load().steps) == (b"", ())
    step = Step(T0, ((True, T0, see("c1")), (False, T0 + 1, see("c2"))))
    with transaction(store):
        looks.add_step(Step(T0 - 1))
        looks.freeze(maker="m", clock="c", state=b"s", usual=b"u")
        looks.add_step(step)
        looks.add_step(Step(T0 + 2))
    kept = Looks(store).load()
    assert (kept.maker, kept.clock, kept.state, kept.usual) == ("m", "c", b"s", b"u")
    assert kept.steps == (step, Step(T0 + 2))
    with transaction(store):
        looks.freeze(maker="m", clock="c", state=b"t", usual=None)
    assert (looks.load().state, looks.load().usual, looks.load().steps) == (b"t", b"u", ())
    with transaction(store):
        looks.drop()
    assert looks.load().usual == looks.load_shown() == b""
    with transaction(store):
        looks.publish(b"shown")
    assert looks.load_shown() == b"shown"


def test_a_finding_is_open_once_until_it_is_over(store):
    looks, other = Looks(store), find(series=Series(), party="", evidence=())
    with transaction(store):
        looks.note(Change(begun=(find(), other)), now_us=T0)
        looks.note(Change(begun=(find(at_us=T0 + 9),)), now_us=T0)
    assert [each.finding for each in looks.list_open()] == [find(), other]
    with transaction(store):
        looks.note(Change(over=((FindingKind.GREY, SERIES),)), now_us=T0 + 5)
        looks.note(Change(begun=(find(at_us=T0 + 9),)), now_us=T0)
    assert [each.finding for each in looks.list_open()] == [other, find(at_us=T0 + 9)]
    assert [(each.finding, each.over_us) for each in looks.list_over(9)] == [(find(), T0 + 5)]
    with transaction(store):
        looks.note(
            Change(over=((FindingKind.GREY, SERIES), (other.kind, other.series))), now_us=T0 + 6
        )
    assert looks.list_open() == []
    assert len(looks.list_over(9)) == 3
    assert len(looks.list_over(1)) == 1
    with transaction(store):
        looks.forget_findings(T0 + 6 + FINDINGS_KEPT_US)
    assert [each.over_us for each in looks.list_over(9)] == [T0 + 6, T0 + 6]
