"""What is measured of elements, services and queues, in the words of NENA i3, and its age."""

import enum
from dataclasses import dataclass


class StateKind(enum.StrEnum):
    """What a state is of."""

    ELEMENT = "element"
    """A machine: a site or edge by its name, a next hop of a trunk by its `host:port`."""
    SERVICE = "service"
    """A PSAP, by its id."""
    QUEUE = "queue"
    """The calls that wait at a PSAP, by its id."""


class ElementState(enum.StrEnum):
    """
    State of a machine.

    Source: NENA-STA-010.3 section 2.4.1.
    """

    NORMAL = "Normal"
    SCHEDULED_MAINTENANCE = "ScheduledMaintenance"
    SERVICE_DISRUPTION = "ServiceDisruption"
    OVERLOADED = "Overloaded"
    GOING_DOWN = "GoingDown"
    DOWN = "Down"
    UNREACHABLE = "Unreachable"


class QueueState(enum.StrEnum):
    """State of a queue: what is said of `emergency-QueueState` in NENA-STA-010.3."""

    ACTIVE = "Active"
    INACTIVE = "Inactive"
    DISABLED = "Disabled"
    FULL = "Full"
    STANDBY = "Standby"
    RESOURCE_EXHAUSTED = "ResourceExhausted"
    UNREACHABLE = "Unreachable"


class StateSource(enum.StrEnum):
    """Where a measured state comes from."""

    CALLS = "calls"
    """What became of callers' attempts."""
    OPTIONS = "options"
    """Whether OPTIONS are answered: shallow, so that it counts for less."""
    TESTS = "tests"
    """What became of test calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredState:
    """One thing, what is measured of it, by what, and since when."""

    kind: StateKind
    id: str
    state: str
    """A word of ElementState, ServiceState or QueueState, by its kind."""
    source: StateSource
    """Of the latest sign."""
    since_us: int
    """Of the first sign that says so, microseconds since 1970, in the time of the records."""
    seen_us: int
    """Of the latest sign."""
    trial_us: int = 0
    """A new instant for each offer that one call of each site may try it all the same; 0: none."""
