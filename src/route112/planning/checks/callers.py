"""Callers whose network tells no commune: cells over several of them, tables that nobody reads."""

from collections.abc import Iterator, Mapping

from route112.model import CellTable, Operator, Problem
from route112.planning.checks.operators import name_file
from route112.planning.checks.subject import Subject, report_warning
from route112.planning.resolve import Route, strip_rows
from route112.snapshot.content import NONE

NATIVE_CALLERS_MAX = 200_000
"""Cells and lines that the native table of a site holds, and that of an edge."""
_PER_MILLE = 1_000


def check_cells(subject: Subject) -> Iterator[Problem]:
    """
    Find cells over communes that ring in different places.

    A cell has one answer, that of its heaviest commune. Told is, for each number, which share of
    the weight of all the operator's cells belongs to communes that ring elsewhere.
    """
    answers = _Answers(subject)
    for table in subject.plan.cells.values():
        shares, worst, count = _weigh(table, answers)
        if not count:
            continue
        shorts = subject.resolution.short_numbers
        told = ", ".join(
            f"{short.number} {share / 10:.1f} %"
            for short, share in zip(shorts, shares, strict=True)
            if share
        )
        yield report_warning(
            "cell-split",
            f"{count:,} of {len(table.cells):,} cells lie over communes that ring in different "
            f"places; the share of weight that rings at another commune's centre: "
            f"{told or 'below 0.1 % for each number'}",
            "Where the network can tell the commune, let it; the worst cell is named",
            file=table.file,
            column="cell",
            value=worst,
        )


def check_caller_rules(subject: Subject) -> Iterator[Problem]:
    """Find tables that no rule of their operator leads to, and rules that lead to no table."""
    for operator in subject.plan.operators.values():
        yield from _check_rule(operator, "cell", subject.plan.cells)
        yield from _check_rule(operator, "line", subject.plan.calling_lines)


def check_native_room(subject: Subject) -> Iterator[Problem]:
    """Find operators whose tables do not fit into the native table of a site."""
    plan = subject.plan
    room = NATIVE_CALLERS_MAX
    for name, operator in sorted(plan.operators.items()):
        cells, lines = plan.cells.get(name), plan.calling_lines.get(name)
        rows = (len(cells.cells) if cells else 0) + (len(lines.lines) if lines else 0)
        if rows <= room:
            room -= rows
            continue
        yield report_warning(
            "callers-not-native",
            f"the {rows:,} cells and lines of operator {name} do not fit into the native table "
            f"of a site, which holds {NATIVE_CALLERS_MAX:,} of all operators: where Python "
            "cannot decide, its calls go to the default commune",
            "List ranges of lines instead of single ones, and cells that are in use only",
            file=name_file(operator),
        )


def _check_rule(operator: Operator, field: str, tables: Mapping[str, object]) -> Iterator[Problem]:
    has_rule = any(rule.field == field for rule in operator.dialect)
    name = f"operators/{operator.id}/{field}s.csv"
    if has_rule and operator.id not in tables:
        yield report_warning(
            "no-callers",
            f"a rule of operator {operator.id} finds the caller's {field}, and no table says "
            "where that is",
            f"Add {name}, or remove the rule",
            file=name_file(operator),
            column="dialect",
        )
    if operator.id in tables and not has_rule:
        yield report_warning(
            "callers-not-read",
            f"the table of operator {operator.id} is never read: no rule finds the {field}",
            f"Add a rule with `field: {field}`",
            file=name_file(operator),
            column="dialect",
        )


class _Answers:
    """What rings for each commune and number, equal answers by equal values."""

    def __init__(self, subject: Subject) -> None:
        resolution = subject.resolution
        self.width = len(resolution.short_numbers)
        self._mapping = resolution.mapping_route
        self._places = {row.code: index for index, row in enumerate(resolution.communes)}
        known: dict[Route, int] = {}
        self._alike = [
            known.setdefault(strip_rows(route), index)
            for index, route in enumerate(resolution.routes)
        ]

    def list_commune(self, code: str) -> list[int]:
        """List the answer of each number in a commune; NONE where there is none."""
        start = self._places[code] * self.width
        routes = self._mapping[start : start + self.width]
        return [NONE if route == NONE else self._alike[route] for route in routes]


def _weigh(table: CellTable, answers: _Answers) -> tuple[list[int], str, int]:
    """Return per mille that rings elsewhere by number, the worst cell, and how many are split."""
    elsewhere = [0] * answers.width
    total, worst, count = 0, (0.0, ""), 0
    for cell, own in table.cells.items():
        weight = sum(part for _, part in own)
        total += weight
        if len(own) == 1:
            continue
        first = answers.list_commune(own[0][0])
        astray = 0
        for code, part in own[1:]:
            differing = [
                number
                for number, answer in enumerate(answers.list_commune(code))
                if answer != first[number]
            ]
            astray += part if differing else 0
            for number in differing:
                elsewhere[number] += part
        if astray:
            count += 1
            worst = max(worst, (astray / weight, cell))
    shares = [round(part * _PER_MILLE / total) for part in elsewhere] if total else elsewhere
    return shares, worst[1], count
