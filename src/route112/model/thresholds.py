"""Alert thresholds that the law of a country asks for: a ratio of answered attempts by number."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """From when on the answer-seizure ratio of a number is an alert."""

    number: str
    """Short number."""
    below: float
    """Ratio, 0 to 1: answered attempts of all attempts (ITU-T E.425)."""
    attempts_min: int
    """Fewer attempts within the window say nothing."""
    window_s: int
    """Attempts that ended within so many seconds count."""
    justification: str
    """Why this is significant, for whoever may ask."""
    order: str = ""
    """Reference of the ministerial order that sets it; empty: the operator of this platform."""
    starts_us: int = 0
    """UTC, microseconds since 1970."""
    expires_us: int = 0
    """First instant at which it no longer holds; 0: it has no end."""

    def holds(self, now_us: int) -> bool:
        """Tell whether it is in force."""
        return self.starts_us <= now_us and (not self.expires_us or now_us < self.expires_us)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """One version of the file."""

    version: str
    law: str
    """What asks for them: `CPCE D98-8-9, D98-8-10`."""
    own: tuple[Threshold, ...] = ()
    ordered: tuple[Threshold, ...] = ()
    """By the ministry; while one is in force the own one of its number is not."""

    def list_in_force(self, now_us: int) -> tuple[Threshold, ...]:
        """List one threshold for each number, the newest order before all."""
        found = {each.number: each for each in self.own if each.holds(now_us)}
        for each in sorted(self.ordered, key=lambda each: each.starts_us):
            if each.holds(now_us):
                found[each.number] = each
        return tuple(found.values())
