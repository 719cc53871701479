import random
from dataclasses import replace

import pytest
from tests.support.paths import SITES, World
from tests.support.seen import T0, S, see
from tests.unit.watch.detectors.test_grey import CALM_S, find

from route112.watch.detectors import stale
from route112.watch.detectors.stale import (
    BEHIND_US,
    Deviation,
    Expiry,
    ShippingWatch,
    StaleWatch,
)
from route112.watch.findings import Change, FindingKind
from route112.watch.series import Series

DAY = 86_400
SITE = Series((("site", "site-3"),))


class Silent(World):
    """Records of one site do not arrive."""

    def draw(self, second, caller):
        call = super().draw(second, caller)
        if second < self.begin_s or call.site != "site-3":
            return call
        return see(
            call.call, second, outcome=call.outcome, caller=caller, site="site-3",
            passed=("site-3",), psap="", generation=0, party=call.party,
        )  # fmt: skip


def test_a_site_whose_records_do_not_arrive_is_named():
    begun, findings, _ = find(Silent(begin_s=CALM_S), CALM_S + 600, ShippingWatch())
    assert list(begun) == [SITE.pairs]
    assert CALM_S < begun[SITE.pairs] < CALM_S + 120
    assert findings[0].kind is FindingKind.STALE
    assert findings[0].party == "site"
    assert findings[0].evidence[0].startswith("no record of calls")
    assert find(World(seed=4), 1_200, ShippingWatch())[0] == {}


def play(detector, begin_s, end_s, generation_of, sites=SITES, step_s=30):
    """Play a call at each site every half minute; return what changed."""
    begun, over, rng = {}, [], random.Random(1)
    for second in range(begin_s, end_s, step_s):
        for site in rng.sample(sites, len(sites)):
            detector.add_end(see(site, second, site=site, generation=generation_of(site, second)))
        change = detector.tick(T0 + second * S)
        begun.update({each.series: each for each in change.begun})
        over += [series for _, series in change.over]
    return begun, over


def test_a_site_that_stays_behind_most_others_is_stale():
    detector = StaleWatch()
    begun, over = play(detector, 0, 1_800, lambda site, _: 41 if site == "site-3" else 42)
    (finding,) = begun.values()
    assert finding.series == SITE
    assert (finding.expected, finding.seen) == (42.0, 41.0)
    assert finding.at_us - finding.since_us >= BEHIND_US
    assert finding.party == "site"
    assert finding.floor_s == 900.0
    assert over == []
    begun, over = play(detector, 1_800, 2_000, lambda *_: 42)
    assert (begun, over) == ({}, [SITE])


def test_one_site_with_a_newer_snapshot_makes_nobody_stale_nor_does_a_change_under_way():
    detector = StaleWatch()
    assert play(detector, 0, DAY // 8, lambda site, _: 43 if site == "site-1" else 42)[0] == {}
    late = {site: 10_000 + 60 * index for index, site in enumerate(SITES)}
    begun, _ = play(detector, DAY // 8, DAY // 4, lambda site, at_s: 43 + (at_s > late[site]))
    assert begun == {}


def test_a_station_that_decides_nothing_any_more_is_not_compared():
    detector = StaleWatch()
    play(detector, 0, 60, lambda *_: 41)
    others = tuple(site for site in SITES if site != "site-3")
    begun, over = play(detector, 60, 9_000, lambda *_: 42, sites=others)
    assert list(begun) == [SITE]
    assert over == [SITE], "it was compared for an hour"


def test_lines_that_come_late_and_calls_nobody_decided_do_not_count(monkeypatch):
    monkeypatch.setattr(stale, "STATIONS_MAX", 1)
    detector = StaleWatch()
    for call in (
        see(site="site-1", generation=42),
        see(at_s=-60.0, site="site-1", generation=41),
        see(site="", edge="", generation=41),
        see(site="site-1", generation=0),
        see(site="site-1", generation=41, corrects=True),
        see(site="site-2", generation=43),
    ):
        detector.add_arrival(call)
        detector.add_end(call)
    for second in range(0, 2_000, 10):
        assert detector.tick(T0 + second * S).begun == ()


@pytest.mark.parametrize("left_days", [5.0, -2.0])
def test_what_ends_soon_or_has_ended_is_told_until_it_is_renewed(left_days):
    dates = [
        Expiry(
            what="the snapshot's validity",
            series=Series(),
            expires_us=T0 + int(left_days * DAY) * S,
            warn_us=10 * DAY * S,
        ),
        Expiry(
            what="order o1 on A", series=Series((("psap", "A"),)), expires_us=T0 + 99 * DAY * S,
            warn_us=S,
        ),
    ]  # fmt: skip
    detector = StaleWatch(list_expiries=lambda: dates)
    (finding,) = detector.tick(T0).begun
    assert finding.series == Series()
    assert finding.seen == left_days * DAY
    wanted = "ended 2.0 days ago" if left_days < 0 else "ends in 5.0 days"
    assert finding.evidence == (f"the snapshot's validity {wanted}",)
    assert finding.strength == stale.CERTAIN
    dates.append(replace(dates[0], series=Series((("psap", "B"),)), is_meant=True))
    assert len(StaleWatch(list_expiries=lambda: dates).tick(T0).begun) == 1 + (left_days > 0)
    dates.pop()
    assert detector.tick(T0 + S) == type(detector.tick(T0 + 2 * S))()
    dates[0] = dates[1]
    assert detector.tick(T0 + 60 * S).over == ((FindingKind.STALE, Series()),)


def test_a_fact_is_told_in_its_own_words_until_it_is_over():
    facts = [
        Expiry(what="g42 of site-1", series=SITE, expires_us=T0 - S, warn_us=0, said="two of it")
    ]
    detector = StaleWatch(list_expiries=lambda: facts)
    (finding,) = detector.tick(T0).begun
    assert (finding.series, finding.evidence) == (SITE, ("two of it",))
    assert finding.since_us == T0 - S
    facts.clear()
    assert detector.tick(T0 + 60 * S).over == ((finding.kind, SITE),)


def test_a_deviation_is_told_as_long_as_it_is_there_and_again_when_there_is_more():
    clock = Deviation(
        name="clock", said="its clock is 60.0 s ahead", series=SITE, seen=60.0, party="site"
    )
    told = [clock]
    detector = StaleWatch(list_expiries=lambda: told)
    (finding,) = detector.tick(T0).begun
    assert (finding.since_us, finding.seen, finding.party) == (T0, 60.0, "site")
    assert finding.evidence == ("its clock is 60.0 s ahead",)
    assert not finding.is_due
    told[0] = replace(clock, said="its clock is 61.0 s ahead")
    assert detector.tick(T0 + 10 * S) == Change()
    certificate = Expiry(
        what="certificate c.pem", series=SITE, expires_us=T0 + 60 * S, warn_us=DAY * S,
        party="site",
    )  # fmt: skip
    told.append(certificate)
    assert detector.tick(T0 + 20 * S) == Change(over=((FindingKind.STALE, SITE),))
    (both,) = detector.tick(T0 + 21 * S).begun
    assert [line.split(" is")[0].split(" ends")[0] for line in both.evidence] == [
        "its clock", "certificate c.pem"
    ]  # fmt: skip
    assert both.since_us == T0 + 60 * S - DAY * S
    told.clear()
    assert detector.tick(T0 + 31 * S) == Change(over=((FindingKind.STALE, SITE),))
    told.append(clock)
    assert detector.tick(T0 + 41 * S).begun[0].since_us == T0 + 41 * S, "it is another one"


def test_whose_calls_fail_is_said_of_what_has_ended_only():
    date = Expiry(
        what="certificate c.pem", series=SITE, expires_us=T0 + 60 * S, warn_us=DAY * S,
        party="site",
    )  # fmt: skip
    detector = StaleWatch(list_expiries=lambda: (date,))
    (soon,) = detector.tick(T0).begun
    assert (soon.party, soon.is_due) == ("", True)
    assert detector.tick(T0 + 60 * S).over == ((FindingKind.STALE, SITE),)
    (ended,) = detector.tick(T0 + 61 * S).begun
    assert (ended.party, ended.is_due) == ("site", False)
    assert ended.evidence == ("certificate c.pem ended 0.0 days ago",)
