"""
How often one cause becomes several alarms, and how often two causes become one.

    benchmarks/causes.py [--times N] [--processes N] [--write FILE]     FILE: docs/benchmarks.md

The faults of `detection.py`, each alone, and each pair of those that hit a part of the country and
have nothing to do with each other, the second one up to ten minutes after the first. Twenty
minutes are as usual before, and half an hour is played with the faults. All that looks at calls in
`watch run` looks at them here, and what it finds becomes alarms.
"""

import argparse
import gc
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from itertools import combinations
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.support.callers import Callers, Fault, S, find_departement, make_all, name_number
from benchmarks.support.faults_seen import list_faults, make_ground
from benchmarks.support.layout import CALLS_PER_S
from benchmarks.support.report import align, render_table, say, write_section
from benchmarks.support.taught import Taught

from route112.watch.alarms import Alarm, Alarms, Sightings, State
from route112.watch.findings import Finding, FindingKind
from route112.watch.series import list_series
from route112.watch.values import SeenCall

TIMES, PAIR_TIMES = 4, 1
"""How often each fault is planted alone, and each pair."""
HOUR = 14
BEFORE_S, PLAYED_S = 1_200, 1_800
LATER_S_MAX = 600
STEP_US = 10 * S
MIDDLE = (0.8, 1.0)
"""Departements that are hit: of those by people, larger ones, where a fault shows in time."""
WIDE = "2 % to 11 % fail everywhere"
SAME = ("egress of one site of six cut", "one site of six gets no calls")
"""Faults of one site are not planted together."""
TOLD_MIN, TOLD_SHARE = 3, 0.25
"""A finding tells of a fault by at least so many calls that it changed in the finding's series,
which are such a part of all that faults changed there."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What a fault did to one call."""

    place: int
    """Of the fault, among those that were planted."""
    at_us: int
    met: frozenset[tuple[str, str]]
    """What it would have met."""
    left: frozenset[tuple[str, str]] | None
    """What it met; None: it did not come."""
    is_in_trouble: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one occurrence."""

    faults: tuple[int, ...]
    seen: int
    """Faults of which something was found."""
    alarms: int
    """That tell of a fault, in the end."""
    opened: int
    """The same, with those that became part of another one."""
    are_mixed: bool
    """One alarm tells of two faults by findings that tell of one each."""


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--times", type=int, default=TIMES)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--only", help="part of the name of a fault")
    asked = parser.parse_args()
    pair_times = min(asked.times, PAIR_TIMES)
    plan = [
        (faults, time)
        for faults in list_plans()
        for time in range(asked.times if len(faults) == 1 else pair_times)
    ]
    if asked.only:
        plan = [each for each in plan if any(asked.only in _name(one) for one in each[0])]
    found = []
    with ProcessPoolExecutor(asked.processes) as pool:
        for one in pool.map(play, plan):
            found.append(one)
            names = " + ".join(_name(each) for each in one.faults)
            say(
                f"{names}: {one.seen} seen, {one.alarms} alarms of {one.opened} opened"
                + (", MIXED" if one.are_mixed else "")
            )
    rows = list(describe(found))
    print("\n".join(align(rows)))
    if asked.write:
        write_section(asked.write, "causes", _SAID.format(times=asked.times) + render_table(rows))
    return 0


def list_plans() -> list[tuple[int, ...]]:
    """Return which faults are planted together: each alone, then the pairs."""
    faults = list_faults()
    narrow = [number for number, fault in enumerate(faults) if fault.name != WIDE]
    return [
        *((number,) for number in range(len(faults))),
        *(
            (one, two)
            for one, two in combinations(narrow, 2)
            if not {faults[one].name, faults[two].name} <= set(SAME) and not _are_alike(one, two)
        ),
    ]


def _are_alike(one: int, two: int) -> bool:
    """Tell whether two faults hit the same calls of one operator; departements are drawn apart."""
    names = {_name(one), _name(two)}
    return all("operator" in name for name in names)


def _name(number: int) -> str:
    return list_faults()[number].name


@cache
def learn() -> Taught:
    """Return a watch that knows the country; once in each process."""
    gc.disable()  # of what is made here little hangs together in circles: `play` looks for that
    return Taught(calls_per_s=CALLS_PER_S)


def play(plan: tuple[tuple[int, ...], int]) -> Outcome:
    """Plant faults once, and count alarms."""
    numbers, time = plan
    taught = learn()
    rng = random.Random(f"{numbers} {time}")
    callers = Callers(rng.randrange(2**32), calls_per_s=CALLS_PER_S)
    codes = sorted(callers.departements, key=callers.departements.__getitem__)
    few = codes[round(MIDDLE[0] * len(codes)) : round(MIDDLE[1] * len(codes))]
    chosen = rng.sample(few, len(numbers))
    begin_us = taught.begin_us(HOUR) + rng.randrange(0, 1_200) * S
    struck_us = begin_us + BEFORE_S * S
    faults = [list_faults()[number] for number in numbers]
    strikes: list[tuple[int, Fault]] = []
    changed: list[Changed] = []
    for fault, code in zip(faults, chosen, strict=True):
        at_us = struck_us + (rng.randrange(LATER_S_MAX) * S if strikes else 0)
        strikes.append((at_us, fault.make(code, rng, at_us)))
    sightings = Sightings(number_of=name_number, departement_of=find_departement)
    alarms = Alarms(make_ground(callers), sightings)
    watching = taught.watch((sightings, *make_all()))
    told: dict[int, Alarm] = {}
    looked_us = begin_us
    for each in callers.play(begin_us, seconds=BEFORE_S + PLAYED_S, fault=join(strikes, changed)):
        while looked_us + STEP_US <= each.at_us:
            looked_us += STEP_US
            for event in alarms.take(watching.tick(looked_us), looked_us):
                told[event.alarm.id] = event.alarm
        if each.is_end:
            watching.add_end(each.call, each.at_us)
        else:
            watching.add_arrival(each.call, each.at_us)
    gc.collect()
    told |= {alarm.id: alarm for alarm in alarms.list_open()}
    return judge(numbers, told.values(), partial(tell, changed))


def join(strikes: Sequence[tuple[int, Fault]], changed: list[Changed]) -> Fault:
    """Return what several faults make of a call, each from its time on; note what they change."""

    def strike(call: SeenCall) -> SeenCall | None:
        found: SeenCall | None = call
        for place, (at_us, fault) in enumerate(strikes):
            if found is not None and call.began_us >= at_us:
                before, found = found, fault(found)
                if found is not before:
                    changed.append(note(place, before, found))
        return found

    return strike


def note(place: int, before: SeenCall, after: SeenCall | None) -> Changed:
    """Return what a fault made of a call."""
    return Changed(
        place=place,
        at_us=before.began_us,
        met=list_met(before),
        left=None if after is None else list_met(after),
        is_in_trouble=after is not None and is_in_trouble(after) and not is_in_trouble(before),
    )


def is_in_trouble(call: SeenCall) -> bool:
    """Tell whether a call failed, or somebody who had it did."""
    tries = any(each.outcome == "failed" for each in call.tries)
    return call.outcome == "failed" or len(call.passed) > 1 or tries


def list_met(call: SeenCall) -> frozenset[tuple[str, str]]:
    """Return the values of all series that a call is in."""
    departement = find_departement(call.commune)
    all_series = list_series(call, number=call.number, departement=departement)
    return frozenset(pair for series in all_series for pair in series.pairs)


def tell(changed: Sequence[Changed], finding: Finding) -> set[int]:
    """Return the faults that a finding tells of: of the calls that they changed in its series."""
    own, of = set(finding.series.pairs), Counter[int]()
    for each in changed:
        if own <= each.met and finding.since_us <= each.at_us <= finding.at_us:
            is_missing = each.left is None or not own <= each.left
            of[each.place] += (
                is_missing if finding.kind is FindingKind.DROUGHT else each.is_in_trouble
            )
    enough = max(TOLD_MIN, TOLD_SHARE * of.total())
    return {place for place, count in of.items() if count >= enough}


def judge(
    numbers: tuple[int, ...],
    alarms: Iterable[Alarm],
    tells: Callable[[Finding], set[int]],
) -> Outcome:
    """Say which alarms tell of which faults."""
    of = [
        [tells(each) for each in findings]
        for alarm in alarms
        if (findings := (*alarm.active, *alarm.past)) and alarm.state is not State.MERGED
    ]
    opened = sum(any(tells(each) for each in (*alarm.active, *alarm.past)) for alarm in alarms)
    telling = [sides for sides in of if any(sides)]
    alone = [{min(side) for side in sides if len(side) == 1} for sides in telling]
    return Outcome(
        faults=numbers,
        seen=len(set().union(*alone)) if alone else 0,
        alarms=len(telling),
        opened=opened,
        are_mixed=any(len(each) > 1 for each in alone),
    )


def describe(found: Sequence[Outcome]) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the table."""
    yield "planted", "times", "all found", "as many alarms", "split", "merged", "opened in all"
    for numbers in dict.fromkeys(one.faults for one in found):
        yield _sum_up(
            " + ".join(map(_name, numbers)), [one for one in found if one.faults == numbers]
        )
    for label, count in (("one cause", 1), ("two causes", 2)):
        yield _sum_up(f"**{label}**", [one for one in found if len(one.faults) == count])


def _sum_up(label: str, found: Sequence[Outcome]) -> tuple[str, ...]:
    whole = [one for one in found if one.seen == len(one.faults)]
    return (
        label,
        str(len(found)),
        str(len(whole)),
        str(sum(one.alarms == len(one.faults) and not one.are_mixed for one in whole)),
        str(sum(one.alarms > len(one.faults) for one in whole)),
        str(sum(one.are_mixed for one in whole)),
        f"{sum(one.opened for one in found) / max(1, len(found)):.1f}",
    )


_SAID = """\
## One cause, one alarm

`benchmarks/causes.py`. The faults of the table above, each alone, {times} times, and in
pairs, at two in the afternoon; of two the second begins up to ten minutes after the first. After
twenty minutes as usual, half an hour is played with them, as `watch run` would have them.

- A finding tells of a fault by the calls of its series that the fault changed since the evidence
  begins: three at least, and a quarter of all that were changed there. It may tell of two.
- *All found*: a finding tells of each alone that was planted; the columns after it are of these.
- *Split*: more alarms in the end than causes. *Merged*: one alarm holds findings that tell of one
  cause alone, and others that tell of the other one alone, be it a single one of dozens.
- *Opened in all*: alarms that were opened on average, with those that became part of another.

"""

if __name__ == "__main__":
    sys.exit(main())
