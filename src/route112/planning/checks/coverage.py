"""Every commune and number, at every minute and in every part of the commune: one answer."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

from route112.model import WEEK_MINUTES, Hours, Problem
from route112.planning.checks.subject import Subject, report_error
from route112.planning.overlaps import find_overlap
from route112.planning.resolve import Route, strip_rows
from route112.snapshot.content import NONE

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DAY_MINUTES = 24 * 60


def check_unresolved(subject: Subject) -> Iterator[Problem]:
    """Find keys without a route: one error for each departement and set of communes."""
    communes = subject.resolution.communes
    shorts = subject.resolution.short_numbers
    missing: dict[tuple[str, int], list[int]] = defaultdict(list)
    for key in subject.find_keys({NONE}).get(NONE, ()):
        commune, number = divmod(key, len(shorts))
        missing[communes[commune].departement, number].append(commune)
    together: dict[tuple[str, tuple[int, ...]], list[str]] = defaultdict(list)
    for (departement, number), touched in missing.items():
        together[departement, tuple(touched)].append(shorts[number].number)
    files = {file.departement: file for file in reversed(subject.plan.files)}
    for (departement, holes), numbers in sorted(together.items()):
        example = communes[holes[0]]
        file = files.get(departement)
        why = "its file is refused" if file and file.refused else "add the rows to its file"
        remedy = why if file else f"deliver a file for departement {departement} in pdaau/"
        yield report_error(
            "unresolved-key",
            f"no row says where {', '.join(numbers)} goes for {subject.count(holes)}, "
            f"for example {example.name} ({example.code})",
            remedy[0].upper() + remedy[1:] + (": mend it first" if "refused" in remedy else ""),
            file=file.file if file else "pdaau",
            value=example.code,
        )


def check_hours(subject: Subject) -> Iterator[Problem]:
    """Find minutes of the week that no row without an area covers."""
    for route, keys in _list_conditional(subject):
        spans = [variant.hours for variant in route if variant.area is None]
        if not spans or None in spans:
            continue
        gaps = list_gaps([hours for hours in spans if hours])
        if gaps:
            more = f" and {len(gaps) - 1} further times" if len(gaps) > 1 else ""
            yield _report_keys(
                subject,
                keys,
                code="hours-gap",
                what=f"no row holds from {name_span(gaps[0])}{more}",
                remedy="Add a row without hours, or one for the time that is left open",
            )


def check_areas(subject: Subject) -> Iterator[Problem]:
    """Find communes of which only parts have a row."""
    for route, keys in _list_conditional(subject):
        if all(variant.area is not None for variant in route):
            yield _report_keys(
                subject,
                keys,
                code="area-gap",
                what="every row is limited to an area, and none holds for the rest",
                remedy="Add a row without an area: it also serves callers whose place is unknown",
            )


def check_overlaps(subject: Subject) -> Iterator[Problem]:
    """Find two rows that hold at one time in one place and name different targets."""
    for route, keys in _list_conditional(subject):
        for first, second in combinations(route, 2):
            where = None if first.lines == second.lines else find_overlap(first, second)
            if where is not None:
                yield _report_keys(
                    subject,
                    keys,
                    code="overlap",
                    what=f"two rows with different targets both hold {where}",
                    remedy="Make hours or areas disjoint; put the narrower row first",
                )
                break


def list_gaps(hours: Sequence[Hours]) -> list[tuple[int, int]]:
    """List the minutes of the week `[start, end)` that none of `hours` covers."""
    gaps = []
    covered = 0
    for start, end in sorted(span for each in hours for span in each.spans):
        if start > covered:
            gaps.append((covered, start))
        covered = max(covered, end)
    if covered < WEEK_MINUTES:
        gaps.append((covered, WEEK_MINUTES))
    return gaps


def name_span(span: tuple[int, int]) -> str:
    """Name minutes of the week as people do: `Monday 08:00 to Monday 20:00`."""
    return f"{_name_minute(span[0])} to {_name_minute(span[1])}"


def _name_minute(minute: int) -> str:
    day, rest = divmod(minute % WEEK_MINUTES, DAY_MINUTES)
    return f"{WEEKDAYS[day]} {rest // 60:02}:{rest % 60:02}"


def _list_conditional(subject: Subject) -> Iterator[tuple[Route, list[int]]]:
    """Yield each route that has a condition, rows aside, with its keys, in the order of keys."""
    routes = subject.resolution.routes
    chosen = {
        index
        for index, route in enumerate(routes)
        if any(variant.hours is not None or variant.area is not None for variant in route)
    }
    together: dict[Route, list[int]] = defaultdict(list)
    for index, keys in subject.find_keys(chosen).items():
        together[strip_rows(routes[index])] += keys
    for route, keys in together.items():
        yield route, sorted(keys)


def _report_keys(
    subject: Subject, keys: Sequence[int], *, code: str, what: str, remedy: str
) -> Problem:
    shorts = subject.resolution.short_numbers
    numbers = sorted({key % len(shorts) for key in keys})
    named = ", ".join(shorts[number].number for number in numbers)
    touched = subject.count(key // len(shorts) for key in keys)
    first = subject.resolution.communes[keys[0] // len(shorts)]
    return report_error(
        code,
        f"{named}: {what}; {touched}, for example {first.name}",
        remedy,
        value=first.code,
        **subject.place_key(keys[0]),
    )
