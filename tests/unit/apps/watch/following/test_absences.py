"""Records that cannot be read are no drought, and no flood when they are there again."""

import random

import pytest
from tests.support.records import World
from tests.support.watched import MS, SITE, T0, Plan, S, list_findings, open_eyes, write

from route112.adapters.watch_store import People
from route112.apps.watch.country import Country
from route112.apps.watch.following.absences import GONE_US, TOLD_US, Absences
from route112.countries import read_builtin_profile
from route112.watch.series import Series
from route112.wire.documents.profile import parse_profile

HOUR_S, EVERY_S, STEP_S = 3_600, 5, 10
USUAL_S, AWAY_S, BACK_S = HOUR_S + 1_200, 1_200, 600
BEGIN_US = T0 - T0 % (HOUR_S * S) - 30 * S
FAILING = 4
"""So many callers fail while nobody can read of it."""


def write_call(world, index, at_us, chance, *, outcome="answered"):
    call, party = f"c{index}", "psap" if outcome == "failed" else ""
    write(world, "attempt", at_us, call, by="python", op="bruyere", tech="mobile",
          dialled=chance.choice(("15", "urn:service:sos.ambulance", "18")),
          commune=str(chance.randrange(29_000, 29_900)), caller=f"+999{index:06}")  # fmt: skip
    write(world, "try", at_us + MS, call, n=1, psap="CRRA15-29", number="+33261910001", hop="t:1")
    write(world, "end", at_us + S, call, outcome=outcome, code=486, psap="CRRA15-29",
          number="+33261910001", ms=1_000, party=party)  # fmt: skip


def test_a_folder_that_is_away_for_minutes_is_neither_a_drought_nor_a_flood(tmp_path):
    world, chance = World(tmp_path / SITE / "records"), random.Random(7)
    profile, _ = parse_profile(read_builtin_profile("fr"), file="profile.yaml")
    country = Country(Plan(), profile)
    store, follower, _ = open_eyes(tmp_path / "w.sqlite", world, country=country)
    country.more = (follower.absences.list_deviations,)
    index = 0
    for at_s in range(0, USUAL_S + AWAY_S + BACK_S, STEP_S):
        is_away = USUAL_S <= at_s < USUAL_S + AWAY_S
        if at_s == USUAL_S:
            # A call that rings while its folder goes away.
            write(world, "attempt", BEGIN_US + at_s * S, "rings", by="python", op="bruyere",
                  tech="mobile", dialled="15", commune="29019", caller="+33639980001")  # fmt: skip
            follower.step(BEGIN_US + at_s * S)
            world.path.rename(tmp_path / "away")
        elif at_s == USUAL_S + AWAY_S:
            assert [back.caller for back in People(store).list_callbacks()] == ["+33639980001"]
            (tmp_path / "away").rename(world.path)
        for _ in range(at_s // EVERY_S, (at_s + STEP_S) // EVERY_S):
            fails = is_away and index % 50 == 0
            write_call(world, index, BEGIN_US + at_s * S + index % 900 * MS, chance,
                       outcome="failed" if fails else "answered")  # fmt: skip
            index += 1
        follower.step(BEGIN_US + (at_s + STEP_S) * S)
    found = [each for each, _ in list_findings(store)]
    assert [each for each in found if "drought" in each or "flood" in each] == []
    assert [each for each in found if "success" in each] == []
    assert any("stale" in each and SITE in each for each in found)
    backs = [back for back in People(store).list_callbacks() if back.outcome == "failed"]
    assert len(backs) >= FAILING
    store.close()


@pytest.fixture
def absences():
    made = Absences(frozenset({"edge-1"}))
    made.look(["/run/edge-1/records", "/srv/records-of-site-2"], T0)
    return made


def test_who_is_away_is_known_at_once_and_told_soon(absences):
    assert absences.list_blind() == ("edge-1", "records-of-site-2")
    assert absences.list_deviations() == ()
    absences.note_station("/srv/records-of-site-2", "site-2")
    absences.note_station("/srv/records-of-site-2", "")
    absences.look(["/run/edge-1/records", "/srv/records-of-site-2"], T0 + TOLD_US)
    edge, site = absences.list_deviations()
    assert (edge.series, site.series) == (
        Series((("edge", "edge-1"),)),
        Series((("site", "site-2"),)),
    )
    assert (edge.seen, edge.party) == (10.0, "")
    assert " 0 min" not in edge.said, "it is told once, and has to be true for as long as it is"
    absences.look(["/run/edge-1/records"], T0 + TOLD_US)
    assert absences.list_blind() == ("edge-1",)


def test_who_has_been_away_for_a_day_is_watched_no_more_and_told_all_the_same(absences):
    absences.look(["/run/edge-1/records"], T0 + GONE_US)
    assert absences.list_blind() == ()
    assert [each.series for each in absences.list_deviations()] == [Series((("edge", "edge-1"),))]


@pytest.mark.parametrize("stations", [(), {"site-1", "site-2"}])
def test_a_line_in_one_stations_folder_makes_no_other_one_blind(stations):
    absences = Absences(stations=stations)
    absences.note_station("/run/site-1/records", "site-2")
    absences.look(["/run/site-1/records"], T0)
    assert absences.list_blind() == ("site-1",)


def test_a_folder_whose_name_is_no_stations_is_that_of_whoever_writes_there():
    absences = Absences(stations={"site-1", "site-2"})
    absences.look(["/mnt/disk/records"], T0)
    assert absences.list_blind() == ("disk",)
    absences.note_station("/mnt/disk/records", "site-2")
    assert absences.list_blind() == ("site-2",)


def test_whoever_goes_on_knows_who_is_away_and_since_when(absences):
    absences.note_station("/srv/records-of-site-2", "site-2")
    other = Absences(frozenset({"edge-1"}))
    other.restore(absences.list_kept(), T0 + TOLD_US)
    assert other.list_blind() == ("edge-1", "site-2")
    assert len(other.list_deviations()) == 2
    other.look(["/srv/records-of-site-2"], T0 + GONE_US)
    assert (other.list_blind(), len(other.list_deviations())) == ((), 1)


def test_a_station_whose_records_do_not_count_is_told_as_one_that_is_away():
    absences = Absences(stations={"site-1"})
    for name in ("site-1", "site-1.old"):
        absences.note_counted(f"/run/{name}/records", counts=False)
    absences.look([], T0)
    assert absences.list_blind() == ("site-1",)
    absences.look(["/run/site-2/records"], T0 + TOLD_US)
    absences.look(["/run/site-2/records"], T0 + 2 * TOLD_US)
    own, other = absences.list_deviations()
    assert (own.series, own.seen) == (Series((("site", "site-1"),)), 20.0)
    assert "do not count" in own.said
    assert "cannot be read" in other.said
    absences.note_counted("/run/site-1/records", counts=True)
    absences.look([], T0 + 3 * TOLD_US)
    assert absences.list_blind() == ()


def test_a_clock_that_is_set_back_makes_nobody_gone(absences):
    absences.look(["/run/edge-1/records"], T0 - GONE_US)
    assert absences.list_blind() == ("edge-1",)
