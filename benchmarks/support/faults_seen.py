"""What faults make of calls, as watch gets to see them: the faults that have to be found."""

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace

from benchmarks.support.callers import FAILED_SHARE, REGIONS, Callers, Fault, S, fail
from benchmarks.support.layout import NETWORKS, NUMBERS

from route112.countries.fr.sites import TOPOLOGY
from route112.watch.alarms import Ground
from route112.watch.alarms.ground import Attribute, describe_topology
from route112.watch.series import Series
from route112.watch.values import SeenCall

OPERATOR, SITE, SITES = "ajonc", "site-3", 6
RISEN_SHARE = 0.11
NOTICED_US = 3 * S
"""A site without a way out notices it by three targets that are silent."""
HOLD_US = 10 * S
"""How long an edge leaves such a site alone between two trials."""
GREY_SHARE = 0.5
"""Part of the calls that a grey gateway takes and forgets."""
GATEWAY_S = 6.0
"""After which a site gives a gateway up."""
VENDORS = 3
"""A third of the gateways is of each vendor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """One fault."""

    name: str
    make: Callable[[str, random.Random, int], Fault]
    """From a departement that it may hit, chance, and when it begins."""
    series: Callable[[str], tuple[Series, ...]]
    """The series that show it; the floor is the lowest of theirs."""
    silent: bool = True
    """Calls stay away, rather than come and fail."""
    share: float = 1.0
    """Of the series' callers, that fail."""
    hits: Callable[[str, Series], bool]
    """Whether a finding of a series tells of it."""
    probes: str = ""
    """How often test calls pass where it is; empty: they do not."""


def list_faults() -> tuple[Planted, ...]:
    """Return the faults of the table, in its order."""
    return (
        *(_of_departement(silent=silent) for silent in (True, False)),
        *(_of_operator(silent=silent) for silent in (True, False)),
        Planted(
            name="egress of one site of six cut",
            make=cut_egress,
            series=lambda _code: (Series((("site", SITE),)),),
            hits=lambda _code, series: series.get("site") == SITE,
            probes="every 10 s",
        ),
        Planted(
            name="gateways of one vendor forget every second call",
            make=forget_calls,
            series=lambda _code: tuple(
                Series((("trunk", f"gateway-{number}:5060"),))
                for number in range(1, 2 * REGIONS + 1, VENDORS)
            ),
            silent=False,
            share=GREY_SHARE,
            hits=lambda _code, series: is_grey(series.get("trunk")),
            probes="every 10 s",
        ),
        Planted(
            name="2 % to 11 % fail everywhere",
            make=rise,
            series=lambda _code: (Series(),),
            silent=False,
            share=RISEN_SHARE,
            hits=lambda _code, _series: True,
        ),
        Planted(
            name="one site of six gets no calls",
            make=dry_site,
            series=lambda _code: (Series((("site", SITE),)),),
            hits=lambda _code, series: series.get("site") == SITE,
            probes="every 10 s",
        ),
    )


def _of_departement(*, silent: bool) -> Planted:
    def make(code: str, _rng: random.Random, _begin_us: int) -> Fault:
        def strike(call: SeenCall) -> SeenCall | None:
            if call.number != "15" or not call.commune.startswith(code):
                return call
            return None if silent else fail(call)

        return strike

    return Planted(
        name=f"15 of one departement {'silent' if silent else 'fails'}",
        make=make,
        series=lambda code: (Series((("number", "15"), ("departement", code))),),
        silent=silent,
        hits=lambda code, series: (
            series.get("departement") == code
            or series.get("psap") == f"15-{code}"
            or series.get("trunk").endswith(f"-{code}:5060")
        ),
        probes="" if silent else "every 15 min, ip only",
    )


def _of_operator(*, silent: bool) -> Planted:
    def strike(call: SeenCall) -> SeenCall | None:
        if (call.number, call.operator, call.technology) != ("112", OPERATOR, "mobile"):
            return call
        return None if silent else fail(call)

    pairs = (("number", "112"), ("operator", OPERATOR), ("technology", "mobile"))
    return Planted(
        name=f"one operator's mobile calls to 112 {'silent' if silent else 'fail'}",
        make=lambda _code, _rng, _begin_us: strike,
        series=lambda _code: (Series(pairs),),
        silent=silent,
        hits=lambda _code, series: (
            bool(series.pairs)
            and all(
                series.get(name) in ("", value) or (name == "operator" and series.get("edge"))
                for name, value in pairs
            )
        ),
    )


def cut_egress(_code: str, rng: random.Random, begin_us: int) -> Fault:
    """The site rings nobody; then it refuses, and edges try it once in ten seconds each."""
    tried_us: dict[str, int] = defaultdict(int)

    def strike(call: SeenCall) -> SeenCall:
        if call.site != SITE:
            return call
        other = f"site-{rng.choice([each for each in range(1, SITES + 1) if each != 3])}"
        moved = tuple(replace(each, station=other) for each in call.tries)
        if call.began_us < begin_us + NOTICED_US:
            lost = fail(call).tries
            return replace(call, passed=(SITE, other), site=other, tries=(*lost, *moved))
        if call.began_us < tried_us[call.edge] + HOLD_US:
            return replace(call, passed=(other,), site=other, tries=moved)
        tried_us[call.edge] = call.began_us
        return replace(call, passed=(SITE, other), site=other, tries=moved)

    return strike


def dry_site(_code: str, rng: random.Random, _begin_us: int) -> Fault:
    """No edge passes anything to the site, and no call suffers from it."""

    def strike(call: SeenCall) -> SeenCall:
        if call.site != SITE:
            return call
        other = f"site-{rng.choice([each for each in range(1, SITES + 1) if each != 3])}"
        moved = tuple(replace(each, station=other) for each in call.tries)
        return replace(call, passed=(other,), site=other, tries=moved)

    return strike


def is_grey(hop: str) -> bool:
    """Tell whether a trunk is a gateway of the vendor."""
    number = hop.removeprefix("gateway-").partition(":")[0]
    return number.isdecimal() and int(number) % VENDORS == 1 and int(number) <= 2 * REGIONS


def forget_calls(_code: str, rng: random.Random, _begin_us: int) -> Fault:
    """A gateway takes a call and does nothing more; after six seconds the next one rings."""

    def strike(call: SeenCall) -> SeenCall:
        first = call.tries[0]
        if not is_grey(first.hop) or first.outcome == "failed" or rng.random() > GREY_SHARE:
            return call
        lost = replace(first, outcome="failed", cause="timeout", code=408, party="joint")
        number = int(first.hop.removeprefix("gateway-").partition(":")[0])
        other = f"gateway-{number + 1 if number % 2 else number - 1}:5060"
        later_us = call.ended_us + round(GATEWAY_S * S)
        return replace(call, ended_us=later_us, tries=(lost, replace(first, hop=other, via="rtc")))

    return strike


def rise(_code: str, rng: random.Random, _begin_us: int) -> Fault:
    """Nine calls of a hundred more fail, whatever they are."""
    more = (RISEN_SHARE - FAILED_SHARE) / (1.0 - FAILED_SHARE)

    def strike(call: SeenCall) -> SeenCall:
        return fail(call) if rng.random() < more else call

    return strike


def make_ground(callers: Callers) -> Ground:
    """Return what the elements of this country hang on."""
    gateways: dict[Attribute, tuple[Attribute, ...]] = {
        ("trunk", f"gateway-{number}:5060"): (
            ("vendor", str(number % VENDORS)),
            ("zone", str((number - 1) // 2)),
            ("line", "rtc"),
        )
        for number in range(1, 2 * REGIONS + 1)
    }
    centres: dict[Attribute, tuple[Attribute, ...]] = {
        ("psap", f"{number}-{code}"): (("kind", number), ("departement", code))
        for number in NUMBERS
        for code in callers.departements
    }
    networks = {operator for operator, _ in NETWORKS}
    return Ground(
        attributes={
            **describe_topology(TOPOLOGY),
            **{("edge", f"{name}-edge-1"): (("operator", name),) for name in networks},
            **gateways,
            **centres,
        },
        numbers=tuple(NUMBERS),
    )
