"""The invented answering points: which there are, their lines, carriers, buildings and seconds."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from route112.countries.fr import layouts
from route112.countries.fr.ground import Ground
from route112.countries.fr.network import CARRIER_IDS, CONTACTS_CONFIRMED, ONE_VENDOR
from route112.model import Departement, Psap, Technology

FICTION_PREFIXES = {
    "paris": "019900",
    "ouest": "026191",
    "nord": "035301",
    "est": "035301",
    "sud": "046571",
    "sud-est": "046571",
    "sud-ouest": "053649",
}
"""Zone to the first six digits of its invented numbers: the ranges reserved for fiction."""
FICTION_ANYWHERE = ("019900", "026191", "035301", "046571", "053649")
FICTION_MOBILE = "063998"

RTC_PERCENT = 35
"""Share of centres that are behind the switched network, unless another one is asked for."""
MOVING_PERCENT = 10
"""Share of the others that are in migration."""
CAPACITY_LEAST = 40
"""Calls that any centre may be presented at once; the largest of a departement twice as many."""
NATIONAL_TIMES = 10
"""How many times as many a national centre may be presented."""
OWN_SECOND_PERCENT = 10
NO_ALTERNATIVE_PERCENT = 15
MOBILE_ALTERNATIVE_PERCENT = 20
CARELESS_PERCENT = 3
"""Share of centres whose second line shares carrier or building with the first, which the plan's
check must find."""
ALTERNATIVES_CONFIRMED = "2026-09-21"
"""Day on which alternative numbers were last rung; invented."""

BUILDINGS = {
    "CRRA15": "centre hospitalier {place}",
    "CTA18": "état-major des pompiers {place}",
    "CODIS18": "état-major des pompiers {place}",
    "PFC1518": "plateforme commune {place}",
    "CIC17": "hôtel de police {place}",
    "CORG17": "groupement de gendarmerie {place}",
    "SIAO115": "maison des solidarités {place}",
    "PDS116117": "maison médicale {place}",
    "CROSS196": "sémaphore {place}",
}
"""Kind to its building; national centres stand in a house of their own."""

STAND_INS = {
    "CRRA15": ("CRRA15", "PFC1518"),
    "CTA18": ("CTA18", "PFC1518"),
    "PFC1518": ("PFC1518", "CTA18", "CRRA15"),
    "CIC17": ("CIC17", "CORG17"),
    "CORG17": ("CORG17", "CIC17"),
}
"""Kind to the kinds that may help it; other kinds help their own."""
FAR_KINDS = ("CROSS196", "PDS116117")
"""Kinds that are too rare for a neighbour to have one: any of them helps."""


def draw(key: str, upper: int) -> int:
    """Choose a number from 0 to `upper` - 1 that depends on nothing but `key`."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) % upper


@dataclass(slots=True)
class NumberBook:
    """Hands out invented long numbers, each to one line."""

    taken: set[str] = field(default_factory=set)

    def allot(self, prefix: str, key: str) -> str:
        """Return a free E.164 number of a fiction range; the same key tends to the same number."""
        last = draw(key, 10_000)
        for step in range(10_000):
            number = f"+33{prefix[1:]}{(last + step) % 10_000:04}"
            if number not in self.taken:
                self.taken.add(number)
                return number
        raise LookupError(f"the fiction range {prefix} is used up")


@dataclass(frozen=True, slots=True)
class Seat:
    """A centre before it has lines."""

    kind: str
    departement: Departement
    ordinal: int = 1
    rtc_percent: int = RTC_PERCENT

    @property
    def id(self) -> str:
        """`KIND-DEPARTEMENT`, with `-n` from the second on."""
        ordinal = f"-{self.ordinal}" if self.ordinal > 1 else ""
        return f"{self.kind}-{self.departement.code}{ordinal}"

    @property
    def carrier(self) -> str:
        """Carrier of its lines; a second house has another one than the first."""
        if self.ordinal > 1:
            first = Seat(self.kind, self.departement).carrier
            return _choose_other(first, f"network of {self.id}")
        return CARRIER_IDS[draw(f"network of {self.id}", len(CARRIER_IDS))]

    @property
    def technology(self) -> Technology:
        """How its lines reach it."""
        if draw(f"technology {self.id}", 100) < self.rtc_percent:
            return Technology.RTC
        moves = draw(f"migration {self.id}", 100) < MOVING_PERCENT
        return Technology.MIGRATION if moves else Technology.IP

    @property
    def exposed(self) -> bool:
        """Tell whether one vendor's gateways are its only way, which the check must find."""
        return self.technology == Technology.RTC and self.departement.zone in ONE_VENDOR

    @property
    def capacity_calls(self) -> int:
        """Calls that may be presented at once: enough for replays that are played in less time."""
        own = CAPACITY_LEAST + draw(f"capacity {self.id}", CAPACITY_LEAST)
        return own * NATIONAL_TIMES if self.kind.startswith("CN") else own

    @property
    def building(self) -> str:
        """Where it stands; the kinds that share a building have the same text."""
        ordinal = f" {self.ordinal}" if self.ordinal > 1 else ""
        shape = BUILDINGS.get(self.kind, f"maison {self.kind} {{place}}")
        return shape.format(place=f"{self.departement.code}{ordinal}")


def build_psaps(ground: Ground, *, rtc_percent: int = RTC_PERCENT) -> Mapping[str, Psap]:
    """Build every centre of the demo, by id in ascending order."""
    listed = (replace(seat, rtc_percent=rtc_percent) for seat in list_seats(ground))
    seats = {seat.id: seat for seat in listed}
    book = NumberBook()
    primaries = {
        seat.id: book.allot(_choose_prefix(seat), f"primary {seat.id}") for seat in seats.values()
    }
    psaps = {}
    for row, (id_, seat) in enumerate(sorted(seats.items()), start=2):
        stand_in = _find_stand_in(seat, seats)
        own = stand_in is None
        secondary = (
            book.allot(_choose_prefix(seat), f"secondary {id_}")
            if stand_in is None
            else primaries[stand_in]
        )
        psaps[id_] = Psap(
            id=id_,
            name=f"{seat.kind} {seat.departement.name}"
            + (f" {seat.ordinal}" if seat.ordinal > 1 else "")
            + " (fictif)",
            kind=seat.kind,
            departement=seat.departement.code,
            primary=primaries[id_],
            secondary=secondary,
            alternative=(alternative := _allot_alternative(seat, seats, book)),
            technology=seat.technology,
            carrier=seat.carrier,
            secondary_carrier=_choose_second_carrier(seat) if own else "",
            building=seat.building,
            capacity_calls=seat.capacity_calls,
            contact=f"permanence@{id_.lower()}.example",
            row=row,
            contact_confirmed=CONTACTS_CONFIRMED,
            alternative_confirmed=ALTERNATIVES_CONFIRMED if alternative else "",
        )
    return psaps


def list_seats(ground: Ground) -> Iterator[Seat]:
    """List the centres that the layouts, the zones, the coasts and the nation ask for."""
    departements = {departement.code: departement for departement in ground.departements}
    for departement in ground.departements:
        for kind, count in count_kinds(departement.code):
            for ordinal in range(1, count + 1):
                yield Seat(kind, departement, ordinal)
    for code in layouts.PHYSICIAN_DESKS.values():
        yield Seat("PDS116117", departements[code])
    for code in layouts.CROSS_COASTS:
        yield Seat("CROSS196", departements[code])
    for id_ in (*layouts.NATIONAL_CENTRES.values(), *layouts.NATIONAL_RESERVES):
        kind, code, *rest = id_.split("-")
        yield Seat(kind, departements[code], int(rest[0]) if rest else 1)


def count_kinds(code: str) -> Iterator[tuple[str, int]]:
    """Yield (kind, how many) of the centres that stand in a departement by its layout."""
    layout = layouts.find_layout(code)
    if layout.name == "borrowed":
        return
    if layout.samu == "joint":
        yield "PFC1518", 1
    else:
        yield "CRRA15", 2 if layout.samu == "two-nights" else 1
        if layout.fire != "paris" or code == "75":
            yield "CTA18", 2 if layout.fire in ("halves", "city") else 1
    if layout.fire == "codis":
        yield "CODIS18", 1
    if layout.police != "gendarmerie":
        yield "CIC17", 2 if code == "69" else 1
    if layout.police != "police":
        yield "CORG17", 1
    if layout.social != "borrowed":
        yield "SIAO115", 1


def _choose_prefix(seat: Seat) -> str:
    anywhere = FICTION_ANYWHERE[draw(f"range {seat.id}", len(FICTION_ANYWHERE))]
    return FICTION_PREFIXES.get(seat.departement.zone, anywhere)


def _allot_alternative(seat: Seat, seats: Mapping[str, Seat], book: NumberBook) -> str:
    stand_in = _find_stand_in(seat, seats)
    # A circle of centres that help each other must not be without any alternative number.
    if _is_modest(seat.id) and not (stand_in and _is_modest(stand_in)):
        return ""
    mobile = draw(f"mobile {seat.id}", 100) < MOBILE_ALTERNATIVE_PERCENT
    prefix = FICTION_MOBILE if mobile else _choose_prefix(seat)
    return book.allot(prefix, f"alternative {seat.id}")


def _is_modest(id_: str) -> bool:
    """Tell whether a centre would do without an alternative number."""
    return draw(f"crisis number {id_}", 100) < NO_ALTERNATIVE_PERCENT


def _choose_second_carrier(seat: Seat) -> str:
    if seat.exposed or _is_careless(seat):
        return ""
    return _choose_other(seat.carrier, f"second carrier {seat.id}")


def _choose_other(carrier: str, key: str) -> str:
    others = [other for other in CARRIER_IDS if other != carrier]
    return others[draw(key, len(others))]


def _is_careless(seat: Seat) -> bool:
    national = seat.kind.startswith("CN")
    return not national and draw(f"careless {seat.id}", 100) < CARELESS_PERCENT


def _find_stand_in(seat: Seat, seats: Mapping[str, Seat]) -> str | None:
    """Return the id of the centre whose primary is this one's second line, or None for its own."""
    has_second_house = seat.ordinal > 1 or f"{seat.id}-2" in seats
    own = draw(f"own second {seat.id}", 100) < OWN_SECOND_PERCENT
    if seat.exposed or (own and not has_second_house):
        return None
    candidates = [other for other in _list_candidates(seat, seats) if other.id != seat.id]
    if candidates and _is_careless(seat):
        return candidates[0].id
    for other in candidates:
        if other.carrier != seat.carrier and other.building != seat.building:
            return other.id
    return None


def _list_candidates(seat: Seat, seats: Mapping[str, Seat]) -> Iterator[Seat]:
    """List who may help: the other house first, then the neighbours in their order."""
    if seat.kind in FAR_KINDS:
        yield from (other for other in seats.values() if other.kind == seat.kind)
    ordinals = (2, 1) if seat.ordinal == 1 else (1,)
    kinds = STAND_INS.get(seat.kind, (seat.kind,))
    for code in (seat.departement.code, *seat.departement.neighbours):
        for kind in kinds if code != seat.departement.code else (seat.kind,):
            for ordinal in ordinals:
                suffix = f"-{ordinal}" if ordinal > 1 else ""
                other = seats.get(f"{kind}-{code}{suffix}")
                if other is not None:
                    yield other
