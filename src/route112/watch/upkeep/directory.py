"""
The directory: who is told at night, and which numbers the public is given in a crisis.

Nothing but a person who rings it can say that a contact or an alternative number still works. So
the source folder says when somebody last did (docs/formats/sources.md), and the profile for how
long that counts. Of many that lapse together the first are named, in one finding.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from route112.model import Operator, Profile, Psap
from route112.watch.detectors.stale import Deviation
from route112.watch.series import Series

EACH_MAX = 10
"""Contacts, or numbers, that have findings of their own; of more there is one."""
NAMED_MAX = 5
"""How many of those that one finding names."""
DAY_US = 86_400_000_000
_EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class _Entry:
    kind: str
    """`contact` or `alternative number`."""
    owner: str
    what: str
    series: Series
    confirmed: str
    days: int
    """For how long it counts."""

    def judge(self, now_us: int) -> str:
        """Say in words that it is not confirmed; empty where it is."""
        if not self.confirmed:
            return "nobody ever confirmed it"
        begins_us = (dt.date.fromisoformat(self.confirmed) - _EPOCH).days * DAY_US
        if begins_us > now_us + DAY_US:
            return f"confirmed on {self.confirmed}, a day that has not come"
        if now_us < begins_us + (self.days + 1) * DAY_US:
            return ""
        return f"last confirmed on {self.confirmed}, which counts for {self.days} days"


def list_unconfirmed(
    profile: Profile, psaps: Iterable[Psap], operators: Iterable[Operator], *, now_us: int
) -> tuple[Deviation, ...]:
    """List what nobody has confirmed for longer than the profile says; all of it by the source."""
    entries = [*_list_psaps(profile, psaps), *_list_operators(profile, operators)]
    found: dict[str, list[tuple[_Entry, str]]] = {}
    for entry in entries:
        if entry.days and (said := entry.judge(now_us)):
            found.setdefault(entry.kind, []).append((entry, said))
    return tuple(each for kind, lapsed in found.items() for each in _tell(kind, lapsed))


def _list_psaps(profile: Profile, psaps: Iterable[Psap]) -> Iterator[_Entry]:
    for psap in psaps:
        series = Series((("psap", psap.id),))
        yield _Entry(
            "contact", psap.id, psap.contact, series, psap.contact_confirmed, profile.contact_days
        )
        if psap.alternative:
            days, confirmed = profile.alternative_days, psap.alternative_confirmed
            yield _Entry("alternative number", psap.id, psap.alternative, series, confirmed, days)


def _list_operators(profile: Profile, operators: Iterable[Operator]) -> Iterator[_Entry]:
    for operator in operators:
        series, confirmed = Series((("operator", operator.id),)), operator.contact_confirmed
        what = operator.contact or "none is named"
        yield _Entry("contact", operator.id, what, series, confirmed, profile.contact_days)


def _tell(kind: str, lapsed: list[tuple[_Entry, str]]) -> Iterator[Deviation]:
    if len(lapsed) > EACH_MAX:
        named = ", ".join(entry.owner for entry, _ in lapsed[:NAMED_MAX])
        yield Deviation(
            name=f"{kind}s",
            said=f"{kind} of {len(lapsed)} answering points and operators is not confirmed:"
            f" {named} and {len(lapsed) - NAMED_MAX} more",
            series=Series(),
            seen=float(len(lapsed)),
        )
        return
    for entry, said in lapsed:
        text = f"{kind} of {entry.owner} ({entry.what}): {said}"
        yield Deviation(name=kind, said=text, series=entry.series, expected=float(entry.days))
