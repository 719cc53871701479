"""Opening hours of a plan row: the minutes of a local week."""

from dataclasses import dataclass

WEEK_MINUTES = 7 * 24 * 60
"""Minutes in a week; minute 0 is Monday 00:00 local time."""


@dataclass(frozen=True, slots=True)
class Hours:
    """When a plan row holds, in local time of the commune."""

    spans: tuple[tuple[int, int], ...]
    """Half-open minutes of the week `[start, end)`, sorted, disjoint, never empty."""

    def __post_init__(self) -> None:
        """Keep the promise that spans are sorted, disjoint and inside one week."""
        previous = 0
        assert self.spans, "hours without a span never hold; leave the column empty instead"
        for index, (start, end) in enumerate(self.spans):
            assert 0 <= start < end <= WEEK_MINUTES, (start, end)
            assert index == 0 or start >= previous, self.spans
            previous = end

    def covers(self, minute_of_week: int) -> bool:
        """Tell whether `minute_of_week` (0 to 10,079, local time) lies in a span."""
        return any(start <= minute_of_week < end for start, end in self.spans)
