import json
import os
import signal

from tests.support.planned import STATIONS, give, make, make_order, tell, write_plan
from tests.support.snapshots import small_content

from route112.access import parse_audit
from route112.apps.backup import returning
from route112.apps.commanding.times import show_instant
from route112.apps.watch.keeping import Files, lock
from route112.change import parse_journal, replay
from route112.change.holding import AdoptServed
from route112.change.restoring import NUMBERS_LEFT_OUT
from route112.snapshot.reader import Snapshot


def read_files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.r112")}


def test_all_comes_back_and_the_next_order_has_a_higher_number(country):
    country.watch()
    country.order()
    before, listed = country.engine.state, country.list_callbacks()
    words = ("--keep", country.trust, "--secret", country.key, *country.sealed)
    assert country.backup(*words).exit_code == 0
    lost = country.lose()
    told = country.restore(*country.sealed, "--json")
    assert told.exit_code == 0, told.output

    journal = (country.planner / "journal.log").read_bytes()
    assert journal.startswith((lost / "planner" / "journal.log").read_bytes())
    assert replay(parse_journal(journal).events).orders == before.orders
    for name in ("audit.log", "people.yaml"):
        found = (country.planner / name).read_bytes()
        assert found == (lost / "planner" / name).read_bytes()
    assert parse_audit((country.planner / "audit.log").read_bytes()).flaw == ""
    assert read_files(country.planner / "candidates") == read_files(
        lost / "planner" / "candidates"
    )
    assert country.list_callbacks() == listed != []
    assert (country.run_dir / "restored" / "planner.key").read_text() == "private\n"
    assert sorted(path.name for path in (country.run_dir / "watch-keys").iterdir())
    assert list(country.run_dir.glob(".restore-*")) == []

    engine = country.start_again()
    for station in STATIONS:
        tell(engine, station)
    country.order("o-2")
    number = before.last_number + NUMBERS_LEFT_OUT + 1
    assert [engine.state.wanted[station] for station in STATIONS] == [number] * 3
    assert engine.state.generations[number].orders == ("o-1", "o-2")


def test_an_order_given_behind_the_backup_is_never_contradicted(country):
    """Stations have g44; the planner that comes back knows g43, and has to hear of that first."""
    country.order()
    assert country.backup("--unsealed").exit_code == 0
    country.order("o-2")
    later = {station: tell(country.engine, station) for station in STATIONS}
    known = country.engine.state.generations[44]
    country.lose()
    told = country.restore()
    assert told.exit_code == 0
    assert "is held, and gets no order" in told.output
    assert "`route112 change adopt FILE` afterwards" in told.output

    engine = country.start_again()
    give(engine, "o-3")
    engine.turn()
    assert engine.state.last_number == 43, "no number before it knows which were given"
    for station in STATIONS:
        wanted = tell(engine, station, number=44, content_hash=known.content_hash)
        assert wanted.number <= later[station].number
    make(engine)
    assert engine.state.last_number >= 44 + NUMBERS_LEFT_OUT
    assert set(engine.state.held) == set(STATIONS)
    assert set(engine.state.wanted.values()) == {44}, "nobody is sent back to an old plan"


def test_whoever_is_held_behind_a_restore_gets_orders_again_by_the_file_that_it_serves(country):
    country.order()
    assert country.backup("--unsealed").exit_code == 0
    country.order("o-2", psap="CIC17-29")
    known = country.engine.state.generations[44]
    served = country.engine.find_snapshot(known.content_hash)
    lost = country.lose()
    assert country.restore().exit_code == 0

    engine = country.start_again()
    for station in STATIONS:
        tell(engine, station, number=44, content_hash=known.content_hash)
    engine.turn()
    assert set(engine.state.held) == set(STATIONS)
    give(engine, "o-3", psap="CTA18-29")
    content_hash = engine.take_candidate(lost / served.relative_to(country.run_dir))
    wish = AdoptServed(
        content_hash=content_hash,
        author="a",
        approver="b",
        reason="restored",
        seen=frozenset({"o-2"}),
    )
    assert engine.wish(wish).stations == STATIONS
    assert set(engine.state.orders) == {"o-1", "o-2", "o-3"}, "one more than the backup had"
    make(engine)
    (number,) = set(engine.state.wanted.values())
    assert (number > 44 + NUMBERS_LEFT_OUT, dict(engine.state.held)) == (True, {})
    assert engine.state.generations[number].candidate == engine.state.candidate
    made = engine.find_snapshot(engine.state.generations[number].content_hash)
    assert {order.id for order in Snapshot(made.read_bytes()).orders} == {"o-1", "o-2", "o-3"}


def test_who_says_nothing_holds_orders_up_for_five_seconds_at_most(country):
    country.order()
    assert country.backup("--unsealed").exit_code == 0
    country.lose()
    assert country.restore().exit_code == 0
    engine = country.start_again()
    give(engine, "o-2")
    engine.turn()
    assert engine.state.last_number == 43
    country.time.pass_s(5.1)
    make(engine)
    assert set(engine.state.wanted.values()) == {43 + NUMBERS_LEFT_OUT + 1}


def test_what_is_in_force_is_adopted_and_nobody_is_held(country):
    country.order()
    assert country.backup("--unsealed").exit_code == 0
    country.order("o-2", psap="CIC17-29")
    in_force = country.folder / "site-1.r112"
    known = country.engine.state.generations[44]
    in_force.write_bytes(country.engine.find_snapshot(known.content_hash).read_bytes())
    country.lose()
    words = ("--in-force", in_force, "--trust", country.trust)
    told = country.restore(*words)
    assert told.exit_code == 0, told.output
    assert "g44 is adopted" in told.output
    assert "is held" not in told.output

    engine = country.start_again()
    assert set(engine.state.orders) == {"o-1", "o-2"}
    for station in STATIONS:
        tell(engine, station, number=44, content_hash=known.content_hash)
    make(engine)
    assert (set(engine.state.wanted.values()), dict(engine.state.held)) == ({44}, {})
    country.order("o-3", psap="CIC17-29")
    number = 44 + NUMBERS_LEFT_OUT + 1
    snapshot = Snapshot(
        engine.find_snapshot(engine.state.generations[number].content_hash).read_bytes()
    )
    assert {order.id for order in snapshot.orders} == {"o-1", "o-2", "o-3"}
    assert snapshot.generation == number


def test_a_plan_that_the_backup_does_not_know_is_adopted_with_its_orders(country):
    country.order()
    assert country.backup("--unsealed").exit_code == 0
    orders = (make_order("o-2"),)
    until = small_content().valid_until + 1
    in_force = country.folder / "site-1.r112"
    write_plan(in_force, generation=50, orders=orders, valid_until=until)
    content_hash = Snapshot(in_force.read_bytes()).content_hash
    country.lose()
    assert country.restore("--in-force", in_force, "--trust", country.trust).exit_code == 0

    engine = country.start_again()
    assert set(engine.state.orders) == {"o-2"}, "what stations have no more was withdrawn"
    for station in STATIONS:
        tell(engine, station, number=50, content_hash=content_hash)
    make(engine)
    country.order("o-3")
    number = 50 + NUMBERS_LEFT_OUT + 1
    made = engine.find_snapshot(engine.state.generations[number].content_hash)
    snapshot = Snapshot(made.read_bytes())
    assert {order.id for order in snapshot.orders} == {"o-2", "o-3"}
    assert snapshot.valid_until == until


def test_only_a_signed_snapshot_is_adopted(country):
    assert country.backup("--unsealed").exit_code == 0
    other = write_plan(country.folder / "other.r112", generation=99, key="c")
    country.lose()
    told = country.restore("--in-force", other, "--trust", country.trust)
    assert (told.exit_code, "--in-force is refused" in told.output) == (1, True)
    assert not country.planner.exists()
    assert country.restore("--trust", country.trust).exit_code == 2


def test_nothing_that_is_there_is_replaced(country):
    country.watch()
    assert country.backup(*country.sealed).exit_code == 0
    told = country.restore(*country.sealed)
    assert (told.exit_code, "restored into empty places" in told.output) == (2, True)
    lost = country.lose()
    country.run_dir.mkdir()
    (lost / "alarms.jsonl").rename(country.run_dir / "alarms.jsonl")
    assert country.restore(*country.sealed).exit_code == 2
    (country.run_dir / "alarms.jsonl").unlink()
    country.planner.symlink_to(lost)
    assert country.restore(*country.sealed).exit_code == 2
    country.planner.unlink()
    country.planner.mkdir()
    assert country.restore(*country.sealed).exit_code == 0


def test_the_log_of_another_call_back_list_is_not_played_into_what_comes_back(country):
    country.watch()
    assert country.backup(*country.sealed).exit_code == 0
    lost = country.lose()
    country.run_dir.mkdir()
    for name in ("watch.sqlite", "watch.sqlite-wal"):
        (country.run_dir / name).write_bytes(b"of another list")
    told = country.restore(*country.sealed)
    assert told.exit_code == 2
    assert "Move watch.sqlite, watch.sqlite-wal together aside" in told.output
    (country.run_dir / "watch.sqlite").unlink()
    assert country.restore(*country.sealed).exit_code == 2
    assert not country.planner.exists()
    assert lost.exists()


def test_a_watch_that_runs_is_told(country):
    assert country.backup("--unsealed").exit_code == 0
    country.lose()
    country.run_dir.mkdir()
    with lock(Files(country.run_dir)):
        told = country.restore()
    assert (told.exit_code, "a watch runs" in told.output) == (2, True)


def test_a_backup_is_looked_at_without_leaving_anything(country):
    country.order()
    country.watch()
    assert country.backup(*country.sealed).exit_code == 0
    before = sorted(country.folder.iterdir())
    told = country.restore("--check", *country.sealed)
    assert told.exit_code == 0, told.output
    assert "whole" in told.output
    assert "planner/journal.log" in told.output
    document = json.loads(country.restore("--check", "--json", *country.sealed).output)
    assert document["restorable"]
    assert sorted(country.folder.iterdir()) == before


def test_a_backup_that_is_damaged_restores_nothing(country):
    assert country.backup("--unsealed").exit_code == 0
    path = country.folder / "b.backup"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    country.lose()
    told = country.restore()
    assert (told.exit_code, "is not as it was written" in told.output) == (1, True)
    assert not country.planner.exists()
    assert country.restore("--check").exit_code == 1
    path.unlink()
    assert country.restore().exit_code == 2


def test_a_restore_that_is_told_to_end_leaves_nothing_in_clear(country, monkeypatch):
    country.watch()
    words = ("--secret", country.key, *country.sealed)
    assert country.backup(*words).exit_code == 0
    country.lose()
    monkeypatch.setattr(returning, "examine", lambda _: os.kill(os.getpid(), signal.SIGTERM))
    assert country.restore(*country.sealed).exit_code == 128 + signal.SIGTERM
    assert list(country.run_dir.iterdir()) == []


def test_what_was_revoked_since_is_said_to_count_again(country):
    profile = country.folder / "profile.yaml"
    profile.write_text("name: x\n")
    country.trust.rename(country.folder / "keys.json")
    words = ("--keep", country.folder / "keys.json", "--keep", profile, "--unsealed")
    assert country.backup(*words).exit_code == 0
    made = json.loads(country.restore("--check", "--json").output)["manifest"]["made_us"]
    country.lose()
    told = country.restore()
    assert told.exit_code == 0, told.output
    at = show_instant(made, country.time.clocks.now())
    again = [line.strip() for line in told.output.splitlines() if "counts again" in line]
    assert again == [
        f"{path}: as it was at {at}; who or what was revoked since counts again"
        for path in (country.planner / "people.yaml", country.run_dir / "restored" / "keys.json")
    ]
    assert "before you start the planner" in told.output


def test_what_has_to_be_compared_is_in_the_document(country):
    assert country.backup("--unsealed").exit_code == 0
    country.lose()
    document = json.loads(country.restore("--json").output)
    assert document["compare"] == [str(country.planner / "people.yaml")]


def test_where_nothing_says_who_counts_nothing_has_to_be_compared(country):
    (country.planner / "people.yaml").unlink()
    assert country.backup("--unsealed").exit_code == 0
    country.lose()
    assert "compare" not in country.restore().output


def test_a_restore_has_a_reason(country):
    assert country.backup("--unsealed").exit_code == 0
    country.lose()
    told = country.restore("--reason", " ")
    assert (told.exit_code, "has a reason" in told.output) == (2, True)


def test_the_journal_says_who_brought_it_back_and_why(country):
    assert country.backup("--unsealed").exit_code == 0
    country.lose()
    assert country.restore("--reason", "disk failed").exit_code == 0
    events = parse_journal((country.planner / "journal.log").read_bytes()).events
    assert (type(events[-1]).__name__, events[-1].reason) == ("Restored", "disk failed")
    assert events[-1].author
