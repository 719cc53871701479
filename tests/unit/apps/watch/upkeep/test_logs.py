from dataclasses import replace

import pytest
from tests.support.commanding import NOW, ask, user

from route112.access import Reason
from route112.access.audit import AUDIT, parse_audit, render_entry
from route112.apps.planner.auditing import AuditLog
from route112.apps.planner.desk import AccessDesk
from route112.apps.watch.upkeep.logs import LogEnds


@pytest.fixture
def desk(tmp_path):
    desk = AccessDesk(tmp_path, now=lambda: NOW)
    yield desk
    desk.close()


@pytest.fixture
def ends(tmp_path):
    return LogEnds(tmp_path)


def write(desk, times=1):
    for _ in range(times):
        desk.refuse(user("crisis"), "http", Reason.MALFORMED)


def tell(ends):
    return [each.said for each in ends.list_deviations()]


def spoil(path, change):
    """Have somebody who may write there change the lines of a log."""
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))


def forge(lines):
    """Write the last line anew, with a seal that fits."""
    before = parse_audit(b"".join(lines[:-1])).end
    (last,) = parse_audit(lines[-1], after=before).verdicts
    other = replace(last, by=user("reader"), request=None, hash="")
    return [*lines[:-1], render_entry(other, before)[0]]


def test_a_log_that_grows_is_what_it_was(desk, ends):
    assert tell(ends) == []
    for _ in range(3):
        write(desk, 2)
        assert tell(ends) == []


@pytest.mark.parametrize("grows", [False, True])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: lines[:-1], "line 4 was there, and is gone or another one"),
        (lambda _lines: [], "line 4 was there, and is gone or another one"),
        (forge, "line 4 was there, and is gone or another one"),
    ],
    ids=["cut", "emptied", "forged"],
)
def test_what_no_chain_shows_by_itself_is_told_until_watch_starts_again(
    tmp_path, desk, ends, change, said, grows
):
    path = tmp_path / "audit.log"
    write(desk, 4)
    assert tell(ends) == []
    desk.close()
    spoil(path, change)
    assert parse_audit(path.read_bytes()).flaw == "", "the chain fits"
    if grows:
        again = AccessDesk(tmp_path, now=lambda: NOW + 1)
        write(again, 5)
        again.close()
    assert tell(ends) == [f"audit.log of the planner is not what it was: {said}; keep it as it is"]
    assert len(tell(ends)) == 1
    assert tell(LogEnds(tmp_path)) == []


def test_a_line_that_does_not_follow_is_told(tmp_path, desk, ends):
    write(desk, 2)
    assert tell(ends) == []
    with (tmp_path / "audit.log").open("ab") as file:
        file.write(render_entry(desk.refuse(user("a"), "http", Reason.MALFORMED), AUDIT)[0])
    (said,) = tell(ends)
    assert "line 4" in said


def test_a_line_that_is_being_written_is_no_line_yet(tmp_path, desk, ends):
    write(desk)
    path = tmp_path / "audit.log"
    whole = path.read_bytes()
    write(desk)
    after = path.read_bytes()
    path.write_bytes(after[:-9])
    assert tell(ends) == []
    path.write_bytes(whole)
    assert tell(ends) == [], "it was cut off, as by a planner that takes over"
    path.write_bytes(after)
    assert tell(ends) == []


def test_a_full_log_that_is_kept_is_followed_to_its_end(tmp_path, ends):
    desk = AccessDesk(tmp_path, now=lambda: NOW, rotate_bytes=500)
    write(desk)
    assert tell(ends) == []
    write(desk, 2)
    assert list(tmp_path.glob("audit-*.log"))
    assert tell(ends) == []
    write(desk)
    assert tell(ends) == []
    desk.close()
    (tmp_path / "audit.log").rename(tmp_path / "elsewhere")
    AuditLog(tmp_path).close()
    assert "another file is in its place" in tell(ends)[0]


def test_a_kept_log_that_lost_its_end_is_told(tmp_path, ends):
    desk = AccessDesk(tmp_path, now=lambda: NOW, rotate_bytes=700)
    write(desk, 2)
    assert tell(ends) == []
    write(desk, 3)
    desk.close()
    (kept,) = tmp_path.glob("audit-*.log")
    kept.write_bytes(kept.read_bytes().splitlines(keepends=True)[0])
    assert "line 2 was there" in tell(ends)[0]


def test_a_log_that_is_none_is_told_and_one_that_is_away_is_not(tmp_path, ends):
    (tmp_path / "journal.log").write_text("nonsense\n")
    assert tell(ends) == [
        "journal.log of the planner is not what it was: its last line is none; keep it as it is"
    ]
    assert tell(LogEnds(tmp_path / "nowhere")) == []


def test_what_is_told_holds_no_change(tmp_path):
    (tmp_path / "audit.log").write_text("nonsense\n")
    assert not any(each.party for each in LogEnds(tmp_path).list_deviations())


def test_two_lines_of_a_real_desk_are_read(desk, ends):
    write(desk)
    assert tell(ends) == []
    assert desk.ask(ask(asked_at=NOW - 10**12)).reason == "unknown-identity"
    assert tell(ends) == []
