"""The demo country on disk and in mind: built by the command, expected by its second derivation."""

import datetime as dt
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import route112
from route112.countries.fr import DemoCountry
from route112.countries.fr.expected import holds, list_lines
from route112.countries.fr.intent import Variant
from route112.countries.fr.national import NATIONAL_DEFAULTS, SHORT_NUMBERS
from route112.simulation.agreement import Key

HOP = re.compile(r"127\.0\.(\d+)\.(\d+):5060")
VENDOR = re.compile(r"vendor: \w+")

ORDERS = """\
orders:
  - {{id: divert-29, kind: divert, psap: CRRA15-29, to_psap: CRRA15-35, author: "duty officer",
     reason: "fire alarm", starts: {starts}, expires: {expires}}}
  - {{id: pause-56, kind: pause, psap: CTA18-56, author: "duty officer",
     reason: "power cut", starts: {starts}, expires: {expires}}}
  - {{id: over-22, kind: divert, psap: CRRA15-22, to_psap: CRRA15-35, author: "duty officer",
     reason: "over since an hour", starts: {past}, expires: {starts}}}
"""
NEIGHBOURS, PASS, LONG_PASS = 2, 3, 4
DIVERTED, DIVERTED_TO, PAUSED = "CRRA15-29", "CRRA15-35", "CTA18-56"


def utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)  # noqa: TID251  real processes go by the clock


def write_country(
    demo: DemoCountry, folder: Path, *, move_hop: Callable[[re.Match[str]], str]
) -> None:
    """
    Write the source folder without its orders.

    Args:
        move_hop: says where each next hop is; several may be at one place, of one vendor then.
    """
    for name, content in demo.render_files():
        if name.startswith("overrides/"):
            continue
        written = content
        if name == "trunks.yaml":
            moved = HOP.sub(move_hop, content.decode())
            written = VENDOR.sub("vendor: alder", moved).encode()
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(written)


def write_orders(folder: Path) -> None:
    """Add a divert and a pause that hold now, and a divert that is over."""
    now = utc_now()
    shifts = {"starts": -1, "expires": 2, "past": -24}
    stamps = {
        name: f"{now + dt.timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"
        for name, hours in shifts.items()
    }
    (folder / "overrides").mkdir(exist_ok=True)
    (folder / "overrides" / "now.yaml").write_text(ORDERS.format(**stamps))


def build_plan(folder: Path, output: Path, *options: object) -> None:
    """Build a snapshot by the command that people type."""
    environment = {**os.environ, "PYTHONPATH": str(Path(route112.__file__).parents[1])}
    command = [sys.executable, "-m", "route112.apps", "plan", "build", folder, "-o", output]
    command += ["--cache", folder.parent / "cache", *options]
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


class Expectation:
    """What the second derivation says of a key, at an instant."""

    def __init__(self, demo: DemoCountry) -> None:
        self._intent = demo.intent
        ground = demo.intent.ground
        self._zones = {row.code: ZoneInfo(row.timezone) for row in ground.departements}
        self._homes = {row.code: row.departement for row in ground.communes}
        self._places = {short.number: place for place, short in enumerate(SHORT_NUMBERS)}
        psaps = demo.intent.psaps.values()
        # A second line may be the first one of a neighbour, whose it then is.
        self.owners = {psap.secondary: psap.id for psap in psaps}
        self.owners |= {psap.alternative: psap.id for psap in psaps}
        self.owners |= {psap.primary: psap.id for psap in psaps}

    def find_variant(self, key: Key, moment: dt.datetime) -> Variant:
        local = moment.astimezone(self._zones[self._homes[key.commune]])
        answer = self._intent.answers[key.commune][self._places[key.number]]
        return next(v for v in answer if v.part is None and holds(v.opening, local))

    def list_lines(self, key: Key, moment: dt.datetime) -> list[str]:
        return list_lines(self.find_variant(key, moment), self._intent.psaps)

    def list_pass(self, key: Key, moment: dt.datetime) -> list[str]:
        """List the numbers that are rung in turn while nobody answers."""
        lines = self.list_lines(key, moment)
        lines += [line for line in self._list_behind(key) if line not in lines]
        whose = [self.owners[line] for line in lines[:PASS]]
        return lines[: LONG_PASS if whose.count(whose[0]) == len(whose) else PASS]

    def _list_behind(self, key: Key) -> list[str]:
        """List who answers for the departements around, for the own one and for the country."""
        kinds = SHORT_NUMBERS[self._places[key.number]].kinds
        home = next(
            row for row in self._intent.ground.departements if row.code == self._homes[key.commune]
        )
        chosen: list[str] = []
        for code in (*home.neighbours, home.code):
            names = [f"{kind}-{code}" for kind in kinds if f"{kind}-{code}" in self._intent.psaps]
            if names and (code == home.code or len(set(chosen)) < NEIGHBOURS):
                chosen.append(names[0])
        chosen.append(NATIONAL_DEFAULTS[key.number])
        return [self._intent.psaps[name].primary for name in dict.fromkeys(chosen)]

    def list_first(self, keys: Sequence[Key], moments: Sequence[dt.datetime]) -> list[str]:
        """List the number that each key must ring; empty where hours change meanwhile."""
        found = []
        for key in keys:
            lines = {self.list_lines(key, moment)[0] for moment in moments}
            found.append(lines.pop() if len(lines) == 1 else "")
        return found

    def find_ordered(self, key: Key, moment: dt.datetime) -> str:
        """Return what a key must ring under `write_orders`; empty: a line that is not planned."""
        lines = self.list_lines(key, moment)
        first = self.find_variant(key, moment).psaps[0]
        if first == DIVERTED:
            return self._intent.psaps[DIVERTED_TO].primary
        others = [line for line in lines if self.owners[line] != PAUSED]
        return others[0] if others else ""
