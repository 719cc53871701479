"""Who there is: people, how each can be known, and which roles they have."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from route112.model import UtcTime


class Role(enum.StrEnum):
    """What somebody is trusted with. No role contains another one; a person may have several."""

    READER = "reader"
    """Sees how the country fares, and no caller."""
    OPERATOR = "operator"
    """Runs machines: starts and ends them, upgrades, maintains, evacuates."""
    PLANNER = "planner"
    """Builds and activates plans, and keeps the keys that sign them."""
    CRISIS = "crisis"
    """Gives emergency orders, and sees who has to be called back."""
    PRIVACY = "privacy"
    """Sees and hands out what is known of single callers."""


class Via(enum.StrEnum):
    """How somebody was recognised."""

    CERTIFICATE = "certificate"
    """Subject of a client certificate that mutual TLS accepted."""
    SYSTEM_USER = "system-user"
    """User of the operating system, as the kernel names it for a local socket or a process."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One way in which somebody is known."""

    via: Via
    name: str

    def __str__(self) -> str:
        """`system-user:crisis1`."""
        return f"{self.via}:{self.name}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` made; ValueError where it is something else."""
        via, _, name = text.partition(":")
        return cls(Via(via), name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who may do something."""

    id: str
    """Names a role or a desk in the repository, a person where it is used: `prefect-29`."""
    identities: tuple[Identity, ...]
    roles: frozenset[Role] = frozenset()
    psap: str = ""
    """Answering point that this person speaks for; may be empty."""
    until: UtcTime | None = None
    """First instant at which the person may do nothing any more; None: there is no end."""


class People:
    """
    Everybody who may do something.

    Raises: ValueError where one identity would be two persons', or an id is used twice.
    """

    def __init__(self, persons: Iterable[Person]) -> None:
        self._by_identity: dict[Identity, Person] = {}
        ids: set[str] = set()
        for person in persons:
            if person.id in ids:
                raise ValueError(f"{person.id} is there twice")
            ids.add(person.id)
            for identity in person.identities:
                if identity in self._by_identity:
                    other = self._by_identity[identity].id
                    raise ValueError(f"{identity} is {other} and {person.id}")
                self._by_identity[identity] = person

    def find(self, identity: Identity, now: UtcTime) -> Person | None:
        """Return whose identity it is; None where nobody's, or his time is over."""
        person = self._by_identity.get(identity)
        if person is None or (person.until is not None and now >= person.until):
            return None
        return person
