"""The demo's source folder, file by file."""

import csv
import gzip
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from route112.countries.fr import expected
from route112.countries.fr.callers import CELLS, draw_callers, render_cells, render_lines
from route112.countries.fr.centres import RTC_PERCENT
from route112.countries.fr.ground import load_ground
from route112.countries.fr.intent import Intent
from route112.countries.fr.layouts import LAYOUTS
from route112.countries.fr.national import SHORT_NUMBERS, render_profile
from route112.countries.fr.network import (
    CELL_OPERATOR,
    LINE_OPERATOR,
    OPERATORS,
    OVERRIDES,
    build_carriers,
    render_operator,
    render_trunks,
)
from route112.countries.fr.quirks import FileStyle, list_styles
from route112.countries.fr.rules import build_intent
from route112.countries.fr.sites import TOPOLOGY, add_probes, render_topology
from route112.countries.fr.tables import render_file

PSAP_COLUMNS = (
    "id",
    "name",
    "kind",
    "departement",
    "primary",
    "secondary",
    "alternative",
    "technology",
    "carrier",
    "secondary_carrier",
    "building",
    "capacity",
    "contact",
    "contact_confirmed",
    "alternative_confirmed",
)

README = """\
# Demo country: France

Written by `route112 country demo fr DIR`; the same version of route112 writes the same bytes.

**Synthetic.** The communes are the real ones of 2026. Every answering point, number, carrier,
vendor, operator and street is invented; long numbers come from the ranges reserved for fiction
(01 99 00, 02 61 91, 03 53 01, 04 65 71, 05 36 49 and 06 39 98, each followed by four digits), and
no mail address can exist (`.example`). Nothing here may be used to route a real call.

    route112 plan build DIR -o fr.r112
    route112 route 15 --commune 29019 --plan fr.r112

| file | what |
|---|---|
| `profile.yaml` | short numbers, number plan, kinds of centres, departements |
| `psaps.csv` | {psaps} answering points in {layouts} layouts |
| `pdaau/` | {files} plan files: {formats}; odd in the ways that `quirks.csv` lists |
| `trunks.yaml`, `operators/`, `overrides/` | carriers with hops on loopback, operators, orders |
| `operators/dolmen/cells.csv` | {cells} cells of a network that tells nothing else |
| `operators/ecume/lines.csv` | {lines} lines and ranges of one that tells the calling line only |
| `topology.yaml` | six sites on six networks, each operator's edge: what `route112 up` runs |
| `quirks.csv` | `file,quirk`: each oddity that a file has |
| `expected.csv.gz` | what every commune and number must have: {keys} rows |
| `expected-parts.csv` | calls from inside a commune that is split by a polygon or by streets |
| `expected-callers.csv` | the commune of each cell, and of a line of each range of lines |

## The expected table

It is derived from the same intent as the plan files, by a path of its own: it reads no file of
this folder and uses neither the importer nor the planner.

Columns: `{columns}`.
Targets are E.164 joined by `|`, in try order, 1 to 3: the lines that the plan names; then, where
it names fewer than 3, the second line of the first centre, then its alternative; no line twice.
They are the plan's lines only: neighbours, defaults and orders come on top.

The instants are {day} (`_day`) and {night} (`_night`), by the local
clock of each departement; they differ only where a plan has hours. The call tells neither its
place nor its street; calls that do are in `expected-parts.csv` (at any hour).
"""


@dataclass(frozen=True, slots=True)
class DemoCountry:
    """The demo before it is written."""

    intent: Intent
    styles: tuple[FileStyle, ...]

    @property
    def keys(self) -> int:
        """Communes times short numbers."""
        return len(self.intent.ground.communes) * len(SHORT_NUMBERS)

    def count_formats(self) -> Counter[str]:
        """Count the plan files by format."""
        return Counter(style.format for style in self.styles)

    def count_files(self) -> int:
        """Count the files that `render_files` yields."""
        return len(self.styles) + len(OPERATORS) + len(OVERRIDES) + 11

    def render_files(self) -> Iterator[tuple[str, bytes]]:
        """Yield (path in the folder, content) of every file; plan files first."""
        for style in self.styles:
            yield style.file, render_file(self.intent, style)
        yield "profile.yaml", render_profile(self.intent.ground)
        yield "psaps.csv", self._render_psaps()
        carriers = build_carriers(self.intent.ground)
        yield "trunks.yaml", render_trunks(carriers)
        for operator in OPERATORS:
            yield f"operators/{operator.id}.yaml", render_operator(operator)
        callers = draw_callers()
        yield f"operators/{CELL_OPERATOR}/cells.csv", render_cells(callers)
        yield f"operators/{LINE_OPERATOR}/lines.csv", render_lines(callers)
        for path, lines in OVERRIDES.items():
            yield path, ("\n".join(lines) + "\n").encode()
        hops = (hop for carrier in carriers for hop in carrier.hops)
        yield "topology.yaml", render_topology(add_probes(TOPOLOGY, hops))
        yield "quirks.csv", self._render_quirks()
        table = expected.write_expected(self.intent)
        yield "expected.csv.gz", gzip.compress(table, 6, mtime=0)
        yield "expected-parts.csv", expected.write_expected_parts(self.intent)
        yield "expected-callers.csv", expected.write_expected_callers(callers, self.intent.ground)
        yield "README.md", self._render_readme()

    def _render_psaps(self) -> bytes:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(PSAP_COLUMNS)
        for psap in self.intent.psaps.values():
            numbers = (psap.primary, psap.secondary, psap.alternative)
            writer.writerow(
                (
                    psap.id,
                    psap.name,
                    psap.kind,
                    psap.departement,
                    *(number.replace("+33", "0") for number in numbers),
                    psap.technology,
                    psap.carrier,
                    psap.secondary_carrier,
                    psap.building,
                    psap.capacity_calls,
                    psap.contact,
                    psap.contact_confirmed,
                    psap.alternative_confirmed,
                )
            )
        return text.getvalue().encode()

    def _render_quirks(self) -> bytes:
        rows = [(style.file, quirk) for style in self.styles for quirk in sorted(style.quirks)]
        return "".join(f"{file},{quirk}\n" for file, quirk in [("file", "quirk"), *rows]).encode()

    def _render_readme(self) -> bytes:
        formats = ", ".join(
            f"{count} {name.upper()}" for name, count in sorted(self.count_formats().items())
        )
        text = README.format(
            psaps=len(self.intent.psaps),
            cells=f"{CELLS:,}",
            lines=f"{len(draw_callers().lines):,}",
            layouts=len(LAYOUTS),
            files=len(self.styles),
            formats=formats,
            keys=f"{self.keys:,}",
            columns=",".join(expected.COLUMNS),
            day=expected.REFERENCE_DAY.isoformat(),
            night=expected.REFERENCE_NIGHT.isoformat(),
        )
        return text.encode()


def build_demo(*, rtc_percent: int = RTC_PERCENT) -> DemoCountry:
    """Build the French demo country, with so many centres behind the switched network."""
    ground = load_ground()
    intent = build_intent(ground, rtc_percent=rtc_percent)
    return DemoCountry(intent, tuple(list_styles(ground)))
