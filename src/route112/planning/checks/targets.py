"""Targets of plan rows: listed by an answering point, and by one that may answer."""

from collections.abc import Iterator

from route112.model import PlanFile, Problem
from route112.planning.checks.subject import Subject, report_error
from route112.planning.lines import suggest_numbers
from route112.planning.resolve import CELLS_PER_ROW


def check_missing_targets(subject: Subject) -> Iterator[Problem]:
    """Find targets that no PSAP lists: one error for each number of each file."""
    lines = subject.resolution.lines
    for file in subject.plan.files:
        listed = [[number not in lines for number in route.targets] for route in file.routes]
        wrong = {index for index, missing in enumerate(listed) if any(missing)}
        numbers = sorted(
            {number for index in wrong for number in file.routes[index].targets} - lines.keys()
        )
        for number in numbers:
            routes = {index for index in wrong if number in file.routes[index].targets}
            near = suggest_numbers(number, lines)
            hint = f"Did you mean {near}? Mend" if near else "Mend"
            yield report_error(
                "target-missing",
                f"no answering point of {subject.psaps_file} lists {number}"
                f"{_count_rows(file, routes)}",
                f"{hint} the number, or add it to {subject.psaps_file}",
                value=number,
                **_place_first(file, routes),
            )


def check_kinds(subject: Subject) -> Iterator[Problem]:
    """Find rows that send a short number to a PSAP whose kind may not answer it."""
    lines, psaps = subject.resolution.lines, subject.plan.psaps
    kinds = {short.number: short.kinds for short in subject.plan.profile.short_numbers}
    for file in subject.plan.files:
        found: dict[tuple[str, str], set[tuple[int, int]]] = {}
        pairs = set(zip(file.cells[1::CELLS_PER_ROW], file.cells[2::CELLS_PER_ROW], strict=True))
        for number, route in sorted(pairs):
            short = file.short_numbers[number]
            for target in file.routes[route].targets:
                if target in lines and psaps[lines[target].psap].kind not in kinds[short]:
                    found.setdefault((short, target), set()).add((number, route))
        for (short, target), wrong in found.items():
            psap = psaps[lines[target].psap]
            routes = {route for _, route in wrong}
            numbers = {number for number, _ in wrong}
            yield report_error(
                "wrong-kind",
                f"{short} goes to {psap.id}, a {psap.kind}, which may not answer it"
                f"{_count_rows(file, routes, numbers)}",
                f"Name a PSAP of kind {' or '.join(kinds[short])}, "
                "or add the kind to this number in profile.yaml",
                value=target,
                **_place_first(file, routes, numbers),
            )


def _list_rows(
    file: PlanFile, routes: set[int], numbers: set[int] | None
) -> Iterator[tuple[int, int]]:
    """Yield sheet and row of the rows that say one of `routes`."""
    columns = [file.cells[part::CELLS_PER_ROW] for part in range(1, CELLS_PER_ROW)]
    for number, route, sheet, row in zip(*columns, strict=True):
        if route in routes and (numbers is None or number in numbers):
            yield sheet, row


def _count_rows(file: PlanFile, routes: set[int], numbers: set[int] | None = None) -> str:
    count = sum(1 for _ in _list_rows(file, routes, numbers))
    return f" ({count:,} rows, this is the first)" if count > 1 else ""


def _place_first(
    file: PlanFile, routes: set[int], numbers: set[int] | None = None
) -> dict[str, str | int]:
    sheet, row = next(_list_rows(file, routes, numbers))
    return {"file": file.file, "sheet": file.sheets[sheet], "row": row}
