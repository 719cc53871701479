"""The list of what is wrong with one file: bounded, so that one bad column stays readable."""

from route112.model import Problem, Severity

PROBLEMS_MAX = 200
"""Most problems reported of one file; one more then says how many were left out."""
VALUE_CHARS_MAX = 80
"""Longest excerpt of an offending value that a problem quotes."""


class ProblemList:
    """Problems of one file, in the order in which they were found."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.has_errors = False
        self._kept: list[Problem] = []
        self._left_out = 0
        self._errors_left_out = 0
        self._lesser = 0

    def error(self, code: str, message: str, remedy: str, **place: str | int) -> None:
        """Add an error: the file is refused."""
        self.has_errors = True
        self.add(make_problem(Severity.ERROR, code, message, remedy, file=self.file, **place))

    def warn(self, code: str, message: str, remedy: str, **place: str | int) -> None:
        """Add a warning."""
        self.add(make_problem(Severity.WARNING, code, message, remedy, file=self.file, **place))

    def repair(self, code: str, message: str, remedy: str, **place: str | int) -> None:
        """Add a repair that was made."""
        self.add(make_problem(Severity.REPAIR, code, message, remedy, file=self.file, **place))

    def add(self, problem: Problem) -> None:
        """Add a ready problem; errors push out lesser ones once the list is full."""
        is_error = problem.severity is Severity.ERROR
        self.has_errors = self.has_errors or is_error
        if len(self._kept) < PROBLEMS_MAX:
            self._kept.append(problem)
            self._lesser += not is_error
            return
        self._left_out += 1
        if is_error and self._lesser:
            lesser = (p for p in reversed(self._kept) if p.severity is not Severity.ERROR)
            self._kept.remove(next(lesser))
            self._kept.append(problem)
            self._lesser -= 1
        elif is_error:
            self._errors_left_out += 1

    def finish(self) -> tuple[Problem, ...]:
        """Return the problems, and one that counts those left out if there are any."""
        if not self._left_out:
            return tuple(self._kept)
        severity = Severity.ERROR if self._errors_left_out else Severity.WARNING
        more = make_problem(
            severity,
            "more-problems",
            f"{self._left_out:,} more problems are not shown",
            "Mend the ones above, then check the file again",
            file=self.file,
        )
        return (*self._kept, more)


def make_problem(
    severity: Severity, code: str, message: str, remedy: str, **place: str | int
) -> Problem:
    """Build a problem; `place` has file, sheet, row, column and value, the value is cut."""
    value = str(place.get("value", ""))
    return Problem(
        severity=severity,
        code=code,
        message=message,
        remedy=remedy,
        file=str(place.get("file", "")),
        sheet=str(place.get("sheet", "")),
        row=int(place.get("row", 0)),
        column=str(place.get("column", ""))[:VALUE_CHARS_MAX],
        value=value if len(value) <= VALUE_CHARS_MAX else value[: VALUE_CHARS_MAX - 1] + "…",
    )
