import random

import pytest
from tests.support.seen import T0, S, see

from route112.watch.detectors import flood
from route112.watch.detectors.flood import DENIAL, MASS, REPEATS, RETRIES, FloodWatch
from route112.watch.findings import FindingKind
from route112.watch.series import Series

HOUR = 3_600
PLACE = Series((("number", "15"), ("departement", "29")))


def make():
    return FloodWatch(
        number_of=lambda dialled: dialled, departement_of=lambda commune: commune[:2]
    )


class Country:
    """Calls of twenty departements in clumps, and whatever is planted."""

    def __init__(self, seed, *, calls_per_s=0.5):
        self.rng = random.Random(seed)
        self.calls_per_s = calls_per_s
        self.count = 0
        self.failing = False

    def play(self, detector, seconds, *, begin=0, planted=lambda _: ()):
        """Return the findings by series and those that are over."""
        begun, over = {}, []
        for second in range(begin, begin + seconds):
            for call in [*self.draw(second), *planted(second)]:
                detector.add_arrival(call)
                detector.add_end(call)
            change = detector.tick(T0 + second * S)
            begun.update({each.series: each for each in change.begun})
            over += [series for _, series in change.over]
        return begun, over

    def draw(self, second):
        if self.rng.random() < self.calls_per_s / 2.1:
            commune = f"{self.rng.randrange(10, 30)}{self.rng.randrange(1, 200):03}"
            caller = ""
            for _ in range(int(self.rng.expovariate(1.0 / 1.6)) + 1):
                if not caller or self.rng.random() > 0.3:
                    caller = self.number()
                yield self.call(second, caller, commune)

    def number(self):
        return f"+3363998{self.rng.randrange(10**6):06}"

    def call(self, second, caller, commune, **values):
        self.count += 1
        number = self.rng.choice(("15", "18"))
        usual = {"number": number, "outcome": "answered", "caller": caller, "commune": commune}
        return see(str(self.count), second, **{**usual, **values})


@pytest.mark.parametrize("seed", [1, 2])
def test_calm_hours_storms_and_new_years_night_are_no_flood(seed):
    detector, country = make(), Country(seed)
    assert country.play(detector, 2 * HOUR) == ({}, [])
    country.calls_per_s *= 4.0
    assert country.play(detector, HOUR, begin=2 * HOUR) == ({}, []), "New Year's night"
    country.calls_per_s /= 4.0

    def storm(second):
        # Seven times what one departement of twenty brings.
        if country.rng.random() < 6.0 * 0.5 / 20.0:
            yield country.call(second, country.number(), f"29{second % 100:03}")

    assert country.play(detector, HOUR, begin=4 * HOUR, planted=storm) == ({}, [])


def test_a_mass_event_has_many_callers_and_one_place():
    detector, country = make(), Country(3)
    country.play(detector, HOUR)

    def crash(second):
        for _ in range(1):
            yield country.call(second, country.number(), "29019", number="15")

    begun, over = country.play(detector, 600, begin=HOUR, planted=crash)
    finding = begun[PLACE]
    assert finding.kind is FindingKind.FLOOD
    assert finding.evidence[0].startswith(MASS)
    assert "most from commune 29019" in " ".join(finding.evidence)
    assert 0 < finding.at_us - T0 - HOUR * S < 180 * S
    assert abs(finding.since_us - T0 - HOUR * S) < 60 * S
    assert finding.seen > 10 * finding.expected
    assert 0 < finding.floor_s < 300
    assert finding.party == ""
    assert over == []
    assert country.play(detector, 900, begin=HOUR + 600)[1] != []
    assert country.play(detector, HOUR, begin=HOUR + 1_500) == ({}, [])


@pytest.mark.parametrize("caller", ["anonymous", "+33639980001"])
def test_few_callers_or_none_with_a_name_are_a_denial_of_service(caller):
    detector, country = make(), Country(4)
    country.play(detector, HOUR)

    def attack(second):
        yield country.call(second, caller, "29019", number="15")

    begun, _ = country.play(detector, 600, begin=HOUR, planted=attack)
    finding = begun[PLACE]
    assert finding.evidence[0].startswith(DENIAL)
    assert finding.party == "origin"
    told = " ".join(finding.evidence)
    assert ("by 1 callers" in told) or ("0 callers known by number, 0 " in told)
    assert caller not in told.replace("anonymous or", "")
    assert finding.seen >= 60
    assert 0 < finding.floor_s < 600


def test_failed_callers_who_try_again_are_no_mass_event():
    detector, country = make(), Country(5, calls_per_s=2.0)
    country.play(detector, HOUR)
    waiting = []

    def outage(second):
        waiting.extend(
            (second + 20 * again, caller)
            for caller in [country.number() for _ in range(2)]
            for again in range(6)
        )
        for due, caller in [each for each in waiting if each[0] == second]:
            waiting.remove((due, caller))
            yield country.call(second, caller, f"{10 + second % 20}001", outcome="failed")

    begun, _ = country.play(detector, 600, begin=HOUR, planted=outage)
    finding = begun[Series()]
    assert finding.evidence[0].startswith(RETRIES)
    assert finding.party == ""
    assert finding.seen > finding.expected
    assert 0 < finding.floor_s < 600
    assert all(each.evidence[0].startswith(RETRIES) for each in begun.values())


@pytest.mark.parametrize("outcome", ["answered", "cancelled"])
def test_callers_who_call_again_and_did_not_fail_are_not_called_failed(outcome):
    detector, country = make(), Country(8, calls_per_s=2.0)
    country.play(detector, HOUR)
    waiting = {}

    def again(second):
        callers = [country.number() for _ in range(5)]
        waiting[second + 20] = callers
        for caller in callers + waiting.pop(second, []):
            values = {"outcome": outcome, "party": ""}
            yield country.call(second, caller, f"{10 + second % 20}001", number="15", **values)

    begun, _ = country.play(detector, 900, begin=HOUR, planted=again)
    said = begun[Series()].evidence
    assert said[0].startswith(REPEATS)
    answered = int(said[3].split(", ")[1].removesuffix(" % answered"))
    assert said[3].startswith("0 % of attempts since then failed, ")
    assert answered == 100 if outcome == "answered" else 10 < answered < 50


def test_who_calls_again_before_any_call_is_over_is_not_called_failed():
    detector, country = make(), Country(8, calls_per_s=2.0)
    country.play(detector, HOUR)
    found = []
    for second in range(HOUR, HOUR + 60):
        for index in range(40):
            caller = f"+3363998{second * 20 + index // 2:06}"
            detector.add_arrival(country.call(second, caller, "35001", number="15"))
        found += detector.tick(T0 + second * S).begun
    (whole,) = [each for each in found if each.series == Series((("departement", "35"),))]
    assert whole.evidence[3] == "none of these attempts is over"
    assert not whole.evidence[0].startswith(RETRIES)
    assert REPEATS not in RETRIES


def test_retries_may_come_from_whom_an_event_brought():
    detector, country = make(), Country(7)
    country.play(detector, HOUR)

    def crash(second):
        caller = country.number()
        for _ in range(3):
            yield country.call(second, caller, "29019", number="15", outcome="failed")

    begun, _ = country.play(detector, 300, begin=HOUR, planted=crash)
    assert begun[PLACE].evidence[0].startswith(RETRIES)
    assert begun[PLACE].evidence[3] > "90 %"


@pytest.mark.parametrize(("outcome", "said"), [("failed", RETRIES), ("answered", MASS)])
def test_many_at_once_who_call_again_are_what_became_of_them(outcome, said):
    detector, country = make(), Country(7)
    country.play(detector, HOUR)

    def burst(second):
        for caller in [country.number() for _ in range(150)] if second == HOUR else ():
            for _ in range(3):
                yield country.call(second, caller, "29019", number="15", outcome=outcome)

    begun, _ = country.play(detector, 2, begin=HOUR, planted=burst)
    assert begun[PLACE].evidence[0].startswith(said)


def test_test_calls_and_corrections_count_nowhere_and_room_is_bounded(monkeypatch):
    monkeypatch.setattr(flood, "SERIES_MAX", 2)
    detector = make()
    for _ in range(500):
        detector.add_arrival(see(is_test=True))
        detector.add_end(see(is_test=True))
        detector.add_end(see(corrects=True))
    assert detector.unwatched == 0
    detector.add_arrival(see(commune=""))
    assert detector.unwatched == 4
    assert detector.tick(T0).begun == ()


def test_whoever_remembers_fewer_kinds_of_calls_finds_the_same(monkeypatch):
    def find():
        detector, country = make(), Country(3)
        country.play(detector, HOUR)

        def crash(second):
            yield from (country.call(second, country.number(), "29019") for _ in range(3))

        return country.play(detector, 120, begin=HOUR, planted=crash)

    whole = find()
    assert whole[0]
    monkeypatch.setattr(flood, "KINDS_MAX", 2)
    assert find() == whole


def test_what_lasts_for_days_becomes_usual(monkeypatch):
    monkeypatch.setattr(flood, "OPEN_MAX_US", 600 * S)
    detector, country = make(), Country(6, calls_per_s=0.1)
    country.play(detector, HOUR)

    def attack(second):
        yield country.call(second, "anonymous", "29019", number="15")

    begun, over = country.play(detector, 4_800, begin=HOUR, planted=attack)
    assert PLACE in begun
    assert PLACE in over
