"""
Orders of every kind for the demo country, and what must ring first under them.

The second derivation is written from docs/decisions/0004-latest-order-wins.md and knows nothing of
how a snapshot holds orders.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.country import Expectation

from route112.countries.fr import DemoCountry
from route112.model import Psap
from route112.simulation.agreement import Key

CHAIN_MAX = 4
UNPLANNED = "+33639980098"
"""A number that no answering point lists, in the range for fiction."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """An order; times in seconds from now."""

    id: str
    kind: str
    psap: str
    short_number: str = ""
    to_psap: str = ""
    to_number: str = ""
    starts_s: float = -3600.0
    expires_s: float = 7200.0
    now: dt.datetime = field(repr=False)

    @property
    def starts(self) -> dt.datetime:
        return (self.now + dt.timedelta(seconds=self.starts_s)).replace(microsecond=0)

    @property
    def expires(self) -> dt.datetime:
        return (self.now + dt.timedelta(seconds=self.expires_s)).replace(microsecond=0)

    def render(self) -> str:
        """Return the entry of an override file."""
        given = {
            "id": self.id, "kind": self.kind, "psap": self.psap, "to_psap": self.to_psap,
            "short_number": self.short_number, "to_number": self.to_number,
            "author": "prefect", "approver": "duty officer", "reason": "exercise",
        }  # fmt: skip
        fields = [f'{name}: "{value}"' for name, value in given.items() if value]
        fields += [
            f"{name}: {moment:%Y-%m-%dT%H:%M:%SZ}"
            for name, moment in (("starts", self.starts), ("expires", self.expires))
        ]
        return "  - {" + ", ".join(fields) + "}\n"


def write_commands(folder: Path, commands: Sequence[Command]) -> None:
    """Put them in the place of all orders of a source folder."""
    path = folder / "overrides" / "exercise.yaml"
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    if commands:
        rows = "".join(command.render() for command in commands)
        path.write_text(f"orders:\n{rows}", encoding="utf-8")


class Ordered:
    """What the plan and its orders say of a key, at an instant."""

    def __init__(self, expectation: Expectation, psaps: Mapping[str, Psap]) -> None:
        self._expectation = expectation
        self._psaps = psaps

    def find_first(self, key: Key, moment: dt.datetime, commands: Sequence[Command]) -> str:
        """Return the number that rings first; empty: one that the plan does not name for it."""
        holding = [
            command
            for command in commands
            if command.starts <= moment < command.expires
            and command.short_number in ("", key.number)
        ]
        listed: list[tuple[str, bool]] = []
        asked: set[str] = set()

        def follow(psap: str, chain: tuple[str, ...]) -> None:
            winners = [one for one in holding if one.psap == psap and one.kind != "pause"]
            if psap in asked or not winners:
                return
            asked.add(psap)
            winner = max(winners, key=lambda one: (one.starts, one.id))
            if winner.kind == "alternative":
                listed.append((winner.to_number or self._psaps[psap].alternative, True))
            elif winner.to_psap not in (*chain, psap) and len(chain) < CHAIN_MAX:
                follow(winner.to_psap, (*chain, psap))
                listed.append((self._psaps[winner.to_psap].primary, False))

        owners = self._expectation.owners
        for line in self._expectation.list_lines(key, moment):
            follow(owners[line], ())
            listed.append((line, False))
        paused = {one.psap for one in holding if one.kind == "pause"}
        return next(
            (line for line, named in listed if named or owners.get(line) not in paused), ""
        )

    def list_firsts(
        self, keys: Sequence[Key], moments: Sequence[dt.datetime], commands: Sequence[Command]
    ) -> list[str]:
        """List what each key must ring; empty where that changes between the instants."""
        found = []
        for key in keys:
            firsts = {self.find_first(key, moment, commands) for moment in moments}
            found.append(firsts.pop() if len(firsts) == 1 else "")
        return found


def choose_commands(
    demo: DemoCountry, served: Mapping[str, Sequence[Key]], now: dt.datetime, ends_s: float
) -> tuple[Command, ...]:
    """
    Give orders of each kind, each to answering points of its own.

    Args:
        served: keys that ring first at a PSAP, by its id.
        ends_s: when one order begins and another one ends, in seconds from now.
    """
    psaps = demo.intent.psaps
    taken: set[str] = set()

    def take(kind: str, technology: str = "", *, test: Callable[[Psap], bool] = bool) -> str:
        for id_, psap in psaps.items():
            fits = psap.kind == kind and technology in ("", str(psap.technology))
            if fits and id_ not in taken and id_ in served and psap.alternative and test(psap):
                taken.add(id_)
                return id_
        raise AssertionError(f"no {kind} {technology} is left")

    samu = [take("CRRA15", technology) for technology in ("ip", "rtc", "migration")]
    samu += [take("CRRA15") for _ in range(7)]
    fire = [take("CTA18", technology) for technology in ("ip", "rtc", "migration")]
    fire += [take("CTA18") for _ in range(6)]
    police = [take("CIC17") for _ in range(4)]
    social = [take("SIAO115") for _ in range(4)]
    rows: list[dict[str, object]] = [
        {"id": "divert-ip", "kind": "divert", "psap": samu[0], "to_psap": samu[1]},
        {"id": "divert-migration", "kind": "divert", "psap": samu[2], "to_psap": samu[3]},
        {"id": "chain-1", "kind": "divert", "psap": samu[4], "to_psap": samu[5]},
        {"id": "chain-2", "kind": "divert", "psap": samu[5], "to_psap": samu[6]},
        {"id": "chain-3", "kind": "alternative", "psap": samu[6]},
        {"id": "prefect-15", "kind": "divert", "psap": samu[7], "short_number": "15",
         "to_psap": samu[8]},
        {"id": "own-number", "kind": "alternative", "psap": fire[0]},
        {"id": "own-number-rtc", "kind": "alternative", "psap": fire[1]},
        {"id": "new-number", "kind": "alternative", "psap": fire[2], "to_number": UNPLANNED},
        {"id": "listed-number", "kind": "alternative", "psap": fire[3],
         "to_number": psaps[fire[4]].primary},
        {"id": "number-of-18", "kind": "alternative", "psap": fire[5], "short_number": "18"},
        {"id": "pause", "kind": "pause", "psap": police[0]},
        {"id": "evacuated", "kind": "pause", "psap": police[1]},
        {"id": "evacuated-too", "kind": "divert", "psap": police[1], "to_psap": police[2]},
        {"id": "to-a-paused-one", "kind": "divert", "psap": police[3], "to_psap": police[0]},
        {"id": "pause-of-18", "kind": "pause", "psap": fire[6], "short_number": "18"},
        {"id": "earlier", "kind": "divert", "psap": fire[7], "to_psap": fire[8]},
        {"id": "later", "kind": "alternative", "psap": fire[7], "starts_s": -60.0},
        {"id": "ends", "kind": "divert", "psap": social[0], "to_psap": social[1],
         "expires_s": ends_s},
        {"id": "ends-below", "kind": "pause", "psap": social[0]},
        {"id": "begins", "kind": "alternative", "psap": social[2], "starts_s": ends_s},
        {"id": "over", "kind": "divert", "psap": social[3], "to_psap": social[1],
         "starts_s": -9000.0, "expires_s": -3600.0},
    ]  # fmt: skip
    return tuple(Command(now=now, **row) for row in rows)  # type: ignore[arg-type]
