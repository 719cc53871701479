"""From layouts to rules: which centre answers which number in which communes."""

import math
import statistics
from collections.abc import Iterator, Mapping

from route112.countries.fr import layouts
from route112.countries.fr.centres import RTC_PERCENT, build_psaps
from route112.countries.fr.ground import Ground, find_home
from route112.countries.fr.intent import DAY, NIGHT, WEEKDAY, Answer, Intent, Part, Rule, Variant
from route112.countries.fr.national import SHORT_NUMBERS
from route112.model import Commune, Departement, Psap

STREETS = (
    "Rue du Vieux Four",
    "Chemin de la Fontaine aux Ânes",
    "Allée des Trois Hêtres",
    "Impasse de l'Étang Sec",
)
"""Invented streets of the communes that are split by streets."""
POLYGON_HALF_DEG = 0.02
"""Half the side of the squares that cut a commune, in degrees."""


def build_intent(ground: Ground, *, rtc_percent: int = RTC_PERCENT) -> Intent:
    """Build the whole intent of the demo; see `build_psaps` for the share."""
    psaps = build_psaps(ground, rtc_percent=rtc_percent)
    rules = {
        departement.code: tuple(_Writer(ground, psaps, departement).list_rules())
        for departement in ground.departements
    }
    answers = {
        commune.code: find_answers(commune, rules[commune.departement])
        for commune in ground.communes
    }
    return Intent(ground, psaps, rules, answers)


def find_answers(commune: Commune, rules: tuple[Rule, ...]) -> tuple[Answer, ...]:
    """Return the answers of a commune, one for each short number; the first rule that fits."""
    home = find_home(commune)
    found: dict[str, Answer] = {}
    for rule in rules:
        if rule.number in found:
            continue
        if rule.communes is None or commune.code in rule.communes or home in rule.communes:
            found[rule.number] = rule.answer
    return tuple(found[short.number] for short in SHORT_NUMBERS)


def _always(*psaps: str) -> Answer:
    return (Variant(psaps),)


class _Writer:
    """Writes the rules of one departement."""

    def __init__(
        self, ground: Ground, psaps: Mapping[str, Psap], departement: Departement
    ) -> None:
        self._ground = ground
        self._psaps = psaps
        self._departement = departement
        self._seat = layouts.LENDERS.get(departement.code, departement.code)
        self._layout = layouts.find_layout(self._seat)
        self._communes = ground.list_communes(departement.code)

    def list_rules(self) -> Iterator[Rule]:
        """List the rules of every number; within a number the narrow ones come first."""
        yield from self._list_samu()
        yield from self._list_police()
        yield from self._list_fire("18")
        yield from self._list_common()
        yield self._write_social()
        yield self._write_physician()
        yield Rule("196", _always(f"CROSS196-{self._find_cross()}"))
        for number, centre in layouts.NATIONAL_CENTRES.items():
            yield Rule(number, _always(centre))

    def _id(self, kind: str) -> str:
        return f"{kind}-{self._seat}"

    def _main_samu(self) -> str:
        return self._id("PFC1518" if self._layout.samu == "joint" else "CRRA15")

    def _list_samu(self) -> Iterator[Rule]:
        own = self._main_samu()
        if self._layout.samu == "two-nights":
            second = f"{own}-2"
            south = self._list_beyond_median("lat_deg", above=False)
            yield Rule("15", (Variant((second,), DAY), Variant((own,), NIGHT)), south)
        if self._layout.samu == "night-neighbour":
            other = self._find_neighbour_samu()
            yield Rule("15", (Variant((other,), NIGHT), Variant((own,))))
            return
        yield Rule("15", _always(own))

    def _find_neighbour_samu(self) -> str:
        for code in self._departement.neighbours:
            if layouts.find_layout(code).samu in ("one", "joint", "two-nights"):
                joint = f"PFC1518-{code}"
                return joint if joint in self._psaps else f"CRRA15-{code}"
        raise LookupError(f"no neighbour of {self._departement.code} answers 15 at night")

    def _list_police(self) -> Iterator[Rule]:
        code = self._departement.code
        police, gendarmerie = self._id("CIC17"), self._id("CORG17")
        if self._layout.police == "police":
            yield Rule("17", _always(police))
            return
        if self._layout.police == "split":
            if code in layouts.STREET_SPLITS:
                streets = Variant((gendarmerie,), part=Part(streets=STREETS))
                prefecture = frozenset({self._ground.prefectures[code]})
                yield Rule("17", (streets, Variant((police,))), prefecture)
            if code == "69":
                yield Rule("17", _always(f"{police}-2"), frozenset(layouts.LYON_ARRONDISSEMENTS))
            yield Rule("17", _always(police), self._list_towns())
        yield Rule("17", _always(gendarmerie))

    def _list_towns(self) -> frozenset[str]:
        prefecture = self._ground.prefectures[self._departement.code]
        return frozenset(
            commune.code
            for commune in self._communes
            if commune.population >= layouts.POLICE_POPULATION_MIN or commune.code == prefecture
        )

    def _list_fire(self, number: str) -> Iterator[Rule]:
        own = self._id("CTA18")
        match self._layout.fire:
            case "joint":
                yield Rule(number, _always(self._main_samu()))
            case "paris":
                yield Rule(number, _always("CTA18-75"))
            case "codis":
                yield Rule(number, _always(own, self._id("CODIS18"), *self._list_third()))
            case "city":
                yield Rule(number, _always(f"{own}-2"), frozenset({layouts.CITY_BRIGADE[1]}))
                yield Rule(number, _always(own))
            case "halves":
                yield from self._list_halves(number)
            case _:
                yield Rule(number, _always(own))

    def _list_third(self) -> tuple[str, ...]:
        if self._departement.code not in layouts.THIRD_TARGETS:
            return ()
        for code in self._departement.neighbours:
            if f"CTA18-{code}" in self._psaps:
                return (f"CTA18-{code}",)
        raise LookupError(f"no neighbour of {self._departement.code} has a fire centre")

    def _list_halves(self, number: str) -> Iterator[Rule]:
        west, east = self._id("CTA18"), f"{self._id('CTA18')}-2"
        border = self._find_border_commune()
        assert border.lon_deg is not None
        assert border.lat_deg is not None
        ring = _square_east_of(border.lon_deg, border.lat_deg)
        cut = (Variant((east,), part=Part(ring=ring)), Variant((west,)))
        yield Rule(number, cut, frozenset({border.code}))
        yield Rule(number, _always(east), self._list_beyond_median("lon_deg", above=True))
        yield Rule(number, _always(west))

    def _find_border_commune(self) -> Commune:
        """Return the commune with a point nearest to the median longitude; the first of equals."""
        median = self._find_median("lon_deg")
        with_point = [c for c in self._communes if c.lon_deg is not None and not c.parent]
        return min(with_point, key=lambda c: (abs((c.lon_deg or 0.0) - median), c.code))

    def _find_median(self, axis: str) -> float:
        values = [getattr(commune, axis) for commune in self._communes if not commune.parent]
        return float(statistics.median_low(value for value in values if value is not None))

    def _list_beyond_median(self, axis: str, *, above: bool) -> frozenset[str]:
        median = self._find_median(axis)
        chosen = set()
        for commune in self._communes:
            value = getattr(commune, axis)
            if value is not None and (value > median if above else value < median):
                chosen.add(commune.code)
        return frozenset(chosen)

    def _list_common(self) -> Iterator[Rule]:
        if self._layout.common == "fire":
            yield from self._list_fire("112")
        elif self._layout.common == "samu":
            yield Rule("112", _always(self._main_samu()))
        else:
            yield Rule("112", _always(self._id("CORG17")))

    def _write_social(self) -> Rule:
        own = self._id("SIAO115")
        if self._layout.social == "weekday":
            other = self._find_social_neighbour()
            return Rule("115", (Variant((own,), WEEKDAY), Variant((other,))))
        if self._layout.social == "borrowed":
            return Rule("115", _always(f"SIAO115-{self._find_social_lender()}"))
        return Rule("115", _always(own))

    def _find_social_lender(self) -> str:
        return layouts.SOCIAL_LENDERS.get(
            self._departement.code, layouts.SOCIAL_LENDERS.get(self._seat, "")
        )

    def _find_social_neighbour(self) -> str:
        for code in self._departement.neighbours:
            if layouts.find_layout(code).social == "own":
                return f"SIAO115-{code}"
        raise LookupError(f"no neighbour of {self._departement.code} has a desk for 115")

    def _write_physician(self) -> Rule:
        if self._layout.physician == "samu":
            return Rule("116117", _always(self._main_samu()))
        desk = layouts.PHYSICIAN_DESKS[self._departement.zone]
        return Rule("116117", _always(f"PDS116117-{desk}"))

    def _find_cross(self) -> str:
        """Return the departement of the coast's CROSS, inland of the nearest one."""
        code = self._departement.code
        for seat, coast in layouts.CROSS_COASTS.items():
            if code in coast.split(","):
                return seat
        here = self._ground.find_centre(code)
        assert here is not None, f"{code} has no point, so its CROSS must be listed"
        return min(layouts.CROSS_COASTS, key=lambda seat: (self._measure(here, seat), seat))

    def _measure(self, here: tuple[float, float], seat: str) -> float:
        there = self._ground.find_centre(seat)
        if there is None:
            return float("inf")
        # A degree of latitude is about 1.5 of longitude in France.
        east, north = here[0] - there[0], 1.5 * (here[1] - there[1])
        return math.hypot(east, north)


def _square_east_of(lon: float, lat: float) -> tuple[tuple[float, float], ...]:
    west, east = round(lon, 4), round(lon + 2 * POLYGON_HALF_DEG, 4)
    south, north = round(lat - POLYGON_HALF_DEG, 4), round(lat + POLYGON_HALF_DEG, 4)
    return ((west, south), (east, south), (east, north), (west, north), (west, south))
