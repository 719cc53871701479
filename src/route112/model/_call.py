"""A call, what is known while it is routed, and the answer."""

import enum
from dataclasses import dataclass, field
from typing import Mapping, NewType

from route112.model.states import ElementState

UtcTime = NewType("UtcTime", int)
"""UTC wall clock, microseconds since 1970-01-01; for expiry and opening hours only."""

TARGETS_MAX = 4
"""Most targets that a decision names."""
COMMUNE_BY = ("cell", "line")
"""What a commune is found by that is not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One emergency call, as far as routing needs it."""

    dialled: str
    """Short number or service URN as received: `15`, `urn:service:sos.fire`."""
    commune: str = ""
    """Code of the commune; empty where unknown. A merged commune's old code is fine."""
    commune_by: str = ""
    """How the commune was found where nobody told it: of COMMUNE_BY. For the trace only."""
    operator: str = ""
    """Id of the operator that handed the call over; empty where unknown."""
    technology: str = ""
    """`pstn`, `voip` or `mobile`; empty where unknown. For the trace only."""
    lon_deg: float | None = None
    lat_deg: float | None = None
    """Position, WGS 84; used for communes split by a polygon."""
    street: str = ""
    """Street of the caller's address; used for communes split by streets."""


class ServiceState(enum.StrEnum):
    """
    State of a PSAP's service, in the words of NENA i3.

    Source: NENA-STA-010.3 section 2.4.2.
    """

    NORMAL = "Normal"
    UNSTAFFED = "Unstaffed"
    SCHEDULED_MAINTENANCE_DOWN = "ScheduledMaintenanceDown"
    SCHEDULED_MAINTENANCE_AVAILABLE = "ScheduledMaintenanceAvailable"
    MAJOR_INCIDENT_IN_PROGRESS = "MajorIncidentInProgress"
    PARTIAL = "Partial"
    OVERLOADED = "Overloaded"
    GOING_DOWN = "GoingDown"
    DOWN = "Down"
    UNREACHABLE = "Unreachable"


@dataclass(frozen=True, slots=True)
class States:
    """Measured states: advice, never a reason to leave a call without a target."""

    psaps: Mapping[str, ServiceState] = field(default_factory=dict)
    """By PSAP id; a PSAP that is not listed is taken as Normal."""
    hops: Mapping[str, ElementState] = field(default_factory=dict)
    """By address of a trunk's next hop; one that is not listed is taken as Normal."""


class OrderKind(enum.StrEnum):
    """What an order does to the PSAP that it names."""

    DIVERT = "divert"
    """Its calls go to another PSAP first."""
    ALTERNATIVE = "alternative"
    """Its calls go to its alternative number, or to a number named in the order, first."""
    PAUSE = "pause"
    """It is not rung unless nothing else is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An exception with an author and an end, apart from the plan."""

    id: str
    """Unique in its snapshot."""
    kind: OrderKind
    psap: str
    """Id of the PSAP whose calls it touches."""
    short_number: str = ""
    """Limits it to one short number; empty: all."""
    to_psap: str = ""
    """For a divert: the PSAP that helps."""
    to_number: str = ""
    """For an alternative: E.164; empty means the PSAP's own alternative number."""
    author: str
    approver: str = ""
    """Second person; empty for an override that came with the sources."""
    reason: str
    starts: UtcTime
    expires: UtcTime
    """First instant at which it no longer holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """A next hop of a carrier."""

    address: str
    """`host:port`; IPv6 in brackets. Numeric: no name is resolved in the path of a call."""
    transport: str
    """`udp`, `tcp` or `tls`."""
    technology: str
    """`ip`, or `rtc` for a gateway into the switched network."""
    vendor: str
    capacity_calls: int
    zone: str = ""
    """Zone that it serves; empty: the whole country."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One line to try."""

    psap: str
    """PSAP id; empty only for a number that an order names and no PSAP owns."""
    number: str
    """E.164."""
    rule: str
    """Why: `divert` `alternative` `primary` `secondary` `neighbour` `departement` `national`."""
    trunk: str
    """`carrier/technology/zone`, or `carrier+second/technology/zone`."""
    hops: tuple[Hop, ...]
    """Next hops in try order; 1 or more."""
    ring_time_s: int
    capacity_calls: int = 0
    """Calls that may be presented to its PSAP at once; 0: nobody said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteDecision:
    """The answer to a call, with its reasons."""

    targets: tuple[Target, ...]
    """1 to TARGETS_MAX, in try order."""
    trace: tuple[str, ...]
    """The steps that led there, in the notation of docs/glossary.md."""
    degraded: str | None
    """None when the call goes where the plan in force says; else the reason, in kebab-case."""
    generation: int
    """Of the snapshot that answered."""
    in_one_pass: int
    """How many of `targets`, from the first on, a site rings before it gives up."""
