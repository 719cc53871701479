"""
Frozen value types that every other package speaks in. Standard library only.

The pipeline is a chain of these values. A delivered file (`wire`) becomes a `PlanFile` with its
`Problem`s; all files of a source folder together become a `Plan`; a plan is written into a
snapshot (`snapshot`), which answers a `Call` with a `RouteDecision` (`routing`).

Four words carry the whole design:

- a **line** is a long number that rings at a PSAP: number, PSAP, role, carrier, technology;
- a **route** is the ordered list of lines for one commune and one short number, with variants
  by opening hours and by area;
- an **order** is an exception with an author and an expiry (divert, alternative, pause), kept
  apart from the plan;
- a **problem** names file, sheet, row, column, value and remedy, and is never an exception.

Values are checked and normalised where they are made, so that inner code never checks again.
Long numbers are E.164 with the plus sign. Times are UTC in microseconds. Units stand last.
"""

from route112.model._call import (
    TARGETS_MAX,
    Call,
    Hop,
    Order,
    OrderKind,
    RouteDecision,
    ServiceState,
    States,
    Target,
    UtcTime,
)
from route112.model._hours import WEEK_MINUTES, Hours
from route112.model._plan import (
    DIALECT_FIELDS,
    DIALECT_PLACES,
    DIALECT_RULES_MAX,
    DIALECT_VALUE_CHARS_MAX,
    OPERATOR_SOURCES_MAX,
    Area,
    Carrier,
    CellTable,
    DialectRule,
    LineTable,
    Operator,
    Plan,
    PlanFile,
    PlanRoute,
    Psap,
    Technology,
)
from route112.model._problem import Problem, Severity
from route112.model._profile import (
    Commune,
    Departement,
    NumberRule,
    Profile,
    PsapKind,
    ShortNumber,
    Territory,
)
from route112.model._scenario import FaultStep, Published, Retries, Scenario, Wiring
from route112.model._text import fold_text

__all__ = [
    "DIALECT_FIELDS",
    "DIALECT_PLACES",
    "DIALECT_RULES_MAX",
    "DIALECT_VALUE_CHARS_MAX",
    "OPERATOR_SOURCES_MAX",
    "TARGETS_MAX",
    "WEEK_MINUTES",
    "Area",
    "Call",
    "Carrier",
    "CellTable",
    "Commune",
    "Departement",
    "DialectRule",
    "FaultStep",
    "Hop",
    "Hours",
    "LineTable",
    "NumberRule",
    "Operator",
    "Order",
    "OrderKind",
    "Plan",
    "PlanFile",
    "PlanRoute",
    "Problem",
    "Profile",
    "Psap",
    "PsapKind",
    "Published",
    "Retries",
    "RouteDecision",
    "Scenario",
    "ServiceState",
    "Severity",
    "ShortNumber",
    "States",
    "Target",
    "Technology",
    "Territory",
    "UtcTime",
    "Wiring",
    "fold_text",
]
