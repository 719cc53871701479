"""What the engine needs of others: what is measured, and whoever acts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from route112.change import GateMeasures, Kind, LoadProof, Probing, State
from route112.change.deciding import Act


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The part of `change.Facts` that comes of watching and of test calls."""

    alarms: tuple[str, ...] = ()
    """Open, and not exempt from freezing a change."""
    gate: GateMeasures | None = None
    proofs: Mapping[str, LoadProof] = field(default_factory=dict)
    tests: Mapping[str, Probing] = field(default_factory=dict)
    pointing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fallen: Mapping[str, str] = field(default_factory=dict)


class Senses(Protocol):
    """Looks at the country."""

    @property
    def asks_at_gate(self) -> bool:
        """Whether a station at a gate has to say itself how it is: no file of it is here."""

    def measure(self, state: State, now_us: int) -> Measured:
        """
        Say what is measured now.

        Called in a thread of its own. One that raises or takes long holds up changes, since no
        change goes on while nobody watches; it never holds up an order.
        """


class Hands(Protocol):
    """Does what a step asks for."""

    @property
    def kinds(self) -> frozenset[Kind]:
        """The changes that it can do."""

    def act(self, act: Act) -> None:
        """
        Begin doing it, or go on; the same again is no news. Facts show when it is done.

        Called in a thread of its own, about four times a second while the step lasts.
        """


class Unwatched:
    """Senses of a planner that was given none: orders pass, changes do not."""

    asks_at_gate = False

    def measure(self, state: State, now_us: int) -> Measured:  # noqa: ARG002  part of the seam
        """Say that nobody watches."""
        return Measured(alarms=(f"{NOBODY_WATCHES}: {UNWATCHED}",))


class Handless:
    """Hands of a planner that was given none: a plan needs none, work at stations does."""

    kinds = frozenset((Kind.PLAN,))

    def act(self, act: Act) -> None:
        """Do nothing; what is not done is late in the end, and goes back."""


NOBODY_WATCHES = "nobody-watches"
"""Stands among the alarms while nothing is measured."""
UNWATCHED = "no --watch names the folder of a `watch run` on this host"
