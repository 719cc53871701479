"""
Run the scripts of this folder against `decide`, and compare with the transcripts beside them.

    tests/scenario/run.py             say which transcripts differ
    tests/scenario/run.py --accept    write them anew; review the difference before it is merged

A script has one command a line; `#` begins a comment. It speaks about the small country of
tests/support/snapshots.py, which has no orders until the script gives some:

    at 2026-11-15T12:00:00Z                        the instant of what follows
    order divert d-17 CTA18-29 to=CTA18-75 number=18 from=... until=... by="prefecture 29"
    withdraw d-17
    route 15 @29019 bruyere/mobile down=CRRA15-29,CTA18-29 street="rue de Siam" at=...
    calling ecume 99901 @29019 rtc enterprise moves=2027-03-15     a row of operators/ID/lines.*
    migration                                      what is still on RTC, and who hangs on what

The transcript answers each `route` with the decision in the one notation, and, on a line of its
own, with the other targets in try order and the reasons for which it is degraded.
"""

import difflib
import shlex
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT)]

from tests.support.snapshots import NOW, VALID_FROM, VALID_UNTIL, small_content  # noqa: E402

from route112.model import (  # noqa: E402
    Call,
    LineTable,
    Order,
    OrderKind,
    ServiceState,
    States,
    Technology,
    UtcTime,
)
from route112.planning.migration import report_migration, with_calling  # noqa: E402
from route112.routing import decide, render_decision  # noqa: E402
from route112.snapshot.reader import Snapshot  # noqa: E402
from route112.snapshot.writer import write_snapshot  # noqa: E402

FOLDER = Path(__file__).parent
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ScriptError(Exception):
    """A line of a script that means nothing."""


class World:
    """The small country, its orders and its clock while a script runs."""

    def __init__(self):
        self.now = NOW
        self.orders = {}
        self.tables = {}
        self.snapshot = self.open()

    def open(self):
        orders = tuple(self.orders[name] for name in sorted(self.orders))
        return Snapshot(write_snapshot(small_content(orders=orders)))

    def run(self, line):
        """Run one line; return what the transcript says of it."""
        words = shlex.split(line, comments=True)
        if not words:
            return []
        if words[0] not in ("at", "order", "withdraw", "route", "calling", "migration"):
            raise ScriptError(f"no such command: {line}")
        plain = [word for word in words[1:] if "=" not in word]
        named = dict(word.split("=", 1) for word in words[1:] if "=" in word)
        answer = getattr(self, words[0])(*plain, **named)
        return [line, *answer, ""]

    def at(self, instant):
        self.now = parse_instant(instant)
        return []

    def order(self, kind, order_id, psap, **named):
        self.orders[order_id] = Order(
            id=order_id,
            kind=OrderKind(kind),
            psap=psap,
            short_number=named.pop("number", ""),
            to_psap=named.pop("to", "") if kind == "divert" else "",
            to_number=named.pop("to", ""),
            author=named.pop("by", "prefecture 29"),
            reason="scenario",
            starts=parse_instant(named.pop("from", None), VALID_FROM),
            expires=parse_instant(named.pop("until", None), VALID_UNTIL),
        )
        refuse_unknown(named)
        self.snapshot = self.open()
        return []

    def withdraw(self, order_id):
        del self.orders[order_id]
        self.snapshot = self.open()
        return []

    def route(self, dialled, place="@", network="", **named):
        lat_deg, lon_deg = map(float, named.pop("position", "nan,nan").split(","))
        operator, _, technology = network.partition("/")
        call = Call(
            dialled=dialled,
            commune=place.removeprefix("@"),
            operator=operator,
            technology=technology,
            lon_deg=lon_deg,
            lat_deg=lat_deg,
            street=named.pop("street", ""),
        )
        now = parse_instant(named.pop("at", None), self.now)
        down = dict.fromkeys(filter(None, named.pop("down", "").split(",")), ServiceState.DOWN)
        for pair in filter(None, named.pop("state", "").split(",")):
            psap, _, state = pair.partition(":")
            down[psap] = ServiceState(state)
        refuse_unknown(named)
        decision = decide(call, self.snapshot, States(down), now=now)
        others = ", ".join(f"{t.rule} {t.psap or t.number}" for t in decision.targets[1:])
        told = f"  then {others or 'nobody'}"
        if decision.degraded:
            told += f"; degraded {decision.degraded}"
        return [render_decision(call, decision), told]

    def calling(self, operator, prefix, place, technology, kind="", moves=""):
        table = self.tables.setdefault(operator, LineTable(file="", lines={}, moves={}))
        table.lines[prefix] = (place.removeprefix("@"), Technology(technology), kind)
        if moves:
            table.moves[prefix] = moves
        return []

    def migration(self):
        report = with_calling(report_migration(self.snapshot), self.snapshot, self.tables)
        told = [
            f"  {row.name}: rtc {row.rtc.lines}, moving {row.migration.lines}, ip {row.ip.lines}, "
            f"on one joint {row.on_one_joint.lines}"
            for row in (report.country, *report.departements)
        ]
        told += [f"  move {step.psap}: {', '.join(step.joints) or '-'}" for step in report.steps]
        calling = report.calling
        told += [
            f"  calling {row.operator} {row.departement or 'all'} {row.kind or '-'}: "
            f"rtc {row.rtc}, ip {row.ip}, with a day {row.dated}, on one joint {row.on_one_joint}"
            for row in (*calling.operators, *calling.departements)
        ]
        told += [
            f"  {joint.what} {joint.name}: {joint.lines} calling lines, "
            f"{joint.enterprises} of enterprises, {joint.communes} communes"
            for joint in calling.joints
        ]
        told += [f"  {m.day} {m.operator} {m.kind or '-'}: {m.lines}" for m in calling.moves]
        return told


def parse_instant(text, default=NOW):
    """Return an instant in microseconds; scripts say its zone."""
    if text is None:
        return default
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ScriptError(f"no zone: {text}")
    return UtcTime((moment - EPOCH) // timedelta(microseconds=1))


def refuse_unknown(named):
    """Refuse a word that no command reads, so that a mistyped one is not ignored."""
    if named:
        raise ScriptError(f"nobody reads {', '.join(sorted(named))}")


def list_scripts():
    """List all scripts, easiest topic first."""
    return sorted(FOLDER.glob("*/*.txt"))


def run_script(text):
    """Return the transcript of a script."""
    world = World()
    return "\n".join(said for line in text.splitlines() for said in world.run(line.strip()))


def main(arguments):
    """Compare or rewrite every transcript; return the exit code."""
    different = 0
    for script in list_scripts():
        expected = script.with_suffix(".expected")
        transcript = run_script(script.read_text(encoding="utf-8"))
        accepted = expected.read_text(encoding="utf-8") if expected.exists() else ""
        if transcript == accepted:
            continue
        different += 1
        name = str(script.relative_to(ROOT))
        if "--accept" in arguments:
            expected.write_text(transcript, encoding="utf-8")
            sys.stdout.write(f"{name}: transcript written\n")
            continue
        sys.stdout.write(f"{name}: transcript differs\n")
        change = difflib.unified_diff(accepted.splitlines(), transcript.splitlines(), lineterm="")
        sys.stdout.write("\n".join(change) + "\n")
    return 1 if different and "--accept" not in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
