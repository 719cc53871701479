"""A country profile: what the core must be told about a country, so that it assumes none."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortNumber:
    """A number that people dial: 15, 112, 116117."""

    number: str
    """Digits as dialled."""
    urn: str
    """Service URN of RFC 5031, for example `urn:service:sos.ambulance`."""
    name: str
    """What people call the service."""
    kinds: tuple[str, ...]
    """PSAP kinds that may answer it; the first that exists is the departement's default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRule:
    """One rule of the number plan: national digits to E.164."""

    pattern: str
    """Regular expression that the whole national number must match."""
    e164: str
    """Replacement template in the notation of `re.Match.expand`."""
    name: str
    """For messages: `geographic`, `Réunion`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PsapKind:
    """A kind of answering point, such as CRRA15 or CTA18."""

    name: str
    """The kind, upper case, as it begins PSAP ids."""
    title: str
    """In words."""
    ring_time_s: int
    """How long one of them may ring before the next target is tried, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Departement:
    """The territory level that one plan file covers."""

    code: str
    name: str
    zone: str
    """Zone whose gateways serve its switched lines."""
    timezone: str
    """IANA name; opening hours are local."""
    neighbours: tuple[str, ...]
    """Codes of neighbouring departements, in the order in which they help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """All that `profile.yaml` says."""

    country: str
    """ISO 3166 code, lower case."""
    edition: str
    """Name of this edition of the plan: `2026-11`."""
    valid_from: int
    """UTC, microseconds since 1970."""
    valid_until: int
    """UTC, microseconds since 1970; a snapshot past it still routes, marked degraded."""
    communes: str
    """Where the table of communes is: `builtin:fr`, or a CSV file of the source folder."""
    country_code: str
    """Digits after the plus sign of E.164 numbers written internationally."""
    national_prefix: str
    """Digit that begins a national number and that spreadsheets lose: `0` in France."""
    national_length: int
    """Digits of a national number with its prefix."""
    number_plan: tuple[NumberRule, ...]
    short_numbers: tuple[ShortNumber, ...]
    """In the order of the snapshot's columns."""
    default_number: str
    """Short number that answers a call to an unknown number or URN."""
    kinds: tuple[PsapKind, ...]
    departements: tuple[Departement, ...]
    national_defaults: Mapping[str, str]
    """Short number to PSAP id, for calls that nothing else can place."""
    international_prefix: str = ""
    """What is dialled where a plus sign stands: `00` in France; empty: nothing is known of it."""
    order_days_max: int = 0
    """Longest life of an order, in days; 0: no bound."""
    holidays: tuple[str, ...] = ()
    """Days that are like a Sunday, as `holidays.Holidays` has them."""
    usual_workday: tuple[float, ...] = ()
    """How many calls each hour of a working day brings, in any unit; empty where unknown."""
    usual_weekend: tuple[float, ...] = ()
    """The same of a Saturday, a Sunday or a holiday, in the same unit."""
    contact_days: int = 0
    """For so long a contact is trusted that somebody reached; 0: nobody has to confirm it."""
    alternative_days: int = 0
    """The same of an alternative number that was rung."""

    def find_short_number(self, number: str) -> ShortNumber | None:
        """Return the short number with these digits, or None."""
        return next((short for short in self.short_numbers if short.number == number), None)

    def find_departement(self, code: str) -> Departement | None:
        """Return the departement with this code, or None."""
        return next((dep for dep in self.departements if dep.code == code), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Commune:
    """A commune or a municipal arrondissement."""

    code: str
    """INSEE code in France; at most 8 ASCII characters anywhere."""
    name: str
    departement: str
    population: int
    """Inhabitants; 0 where another row already counts them (see `parent`)."""
    lon_deg: float | None
    lat_deg: float | None
    """A point inside, WGS 84; None where none is known."""
    parent: str
    """Code of the city of an arrondissement; empty for a commune."""


@dataclass(frozen=True, slots=True)
class Territory:
    """The communes of today, and the codes of those that were merged into them."""

    communes: Mapping[str, Commune]
    """By code, in ascending order of the code."""
    merged: Mapping[str, str]
    """Code of a former commune to the code of today's."""

    def __post_init__(self) -> None:
        """Make both mappings read-only."""
        object.__setattr__(self, "communes", MappingProxyType(dict(self.communes)))
        object.__setattr__(self, "merged", MappingProxyType(dict(self.merged)))

    def list_children(self, code: str) -> tuple[Commune, ...]:
        """List the arrondissements of a city; empty for other communes."""
        return tuple(commune for commune in self.communes.values() if commune.parent == code)
