import pytest
from tests.support.planned import STATIONS, found_engine, give, open_engine, tell, write_plan

from route112.apps.planner.engine import CandidateError, JournalError, ReportError
from route112.change.asking import BeginChange, Refusal
from route112.change.events import OrderGiven
from route112.change.values import Kind


def test_a_first_start_takes_what_is_in_force(tmp_path):
    engine = found_engine(tmp_path)
    assert engine.state.stations == STATIONS
    wanted = tell(engine)
    assert (wanted.number, wanted.size) == (42, (tmp_path / "fr.r112").stat().st_size)
    path = engine.find_snapshot(wanted.content_hash)
    assert path.read_bytes() == (tmp_path / "fr.r112").read_bytes()
    assert engine.found(tmp_path / "fr.r112", STATIONS).reason == "not-the-first"
    engine.close()
    again = open_engine(tmp_path / "planner")
    assert again.state == engine.state
    again.close()


def test_a_wish_is_in_the_journal_when_it_is_granted(tmp_path):
    engine = found_engine(tmp_path)
    assert isinstance(give(engine), OrderGiven)
    assert give(engine).reason == "bad-id"
    engine.close()
    again = open_engine(tmp_path / "planner")
    assert list(again.state.orders) == ["o-1"]
    again.close()


def test_a_folder_has_one_planner(tmp_path):
    engine = found_engine(tmp_path)
    with pytest.raises(JournalError, match="another program"):
        open_engine(tmp_path / "planner")
    engine.close()


def test_nonsense_is_no_report(tmp_path):
    engine = found_engine(tmp_path)
    for content in (b"", b"\n", b"R1 report t=0\n", b"x" * 5_000):
        with pytest.raises(ReportError):
            engine.answer(content)
    engine.close()


def test_a_plan_needs_its_file(tmp_path):
    engine = found_engine(tmp_path)
    tell(engine)
    candidate = engine.take_candidate(write_plan(tmp_path / "new.r112", edition="2027-01"))
    wish = BeginChange(
        id="c" * 64, kind=Kind.PLAN, author="a", approver="b", reason="r", candidate="d" * 64
    )
    assert engine.wish(wish) == Refusal("unknown-candidate", f"there is no file {'d' * 16}")
    (tmp_path / "odd").write_bytes(b"odd")
    with pytest.raises(CandidateError):
        engine.take_candidate(tmp_path / "odd")
    engine.wish(BeginChange(
        id="c" * 64, kind=Kind.PLAN, author="a", approver="b", reason="r", candidate=candidate
    ))  # fmt: skip
    assert engine.state.change.candidate == candidate
    engine.close()
