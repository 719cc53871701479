"""Scenario files (`docs/scenarios.md`): an evening as a person writes it down."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from route112.model import (
    FaultStep,
    Problem,
    Published,
    Retries,
    Scenario,
    UtcTime,
    Wiring,
)
from route112.wire.documents.fields import Fields
from route112.wire.documents.network import ID, ID_SHAPE
from route112.wire.documents.nodes import read_document
from route112.wire.problems import ProblemList

CALLS_MAX = 2_000_000
"""First calls of one scenario."""
LENGTH_S_MAX = 31 * 86_400
"""From beginning to end."""
POINTS_MAX = 1_000
"""Points of the profile."""
STEPS_MAX = 1_000
"""Fault steps."""
TRIES_MAX = 6
RETRIES_MAX = 20
WAIT_S_MAX = 86_400.0

_DAY_S = 86_400
_CLOCK = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])(?::([0-5][0-9]))?")
_NUMBER = re.compile(r"[0-9]{1,7}(?:\.[0-9]{1,6})?")
_SHORT_NUMBER = re.compile(r"[0-9]{2,6}")


def parse_scenario(content: bytes, *, file: str) -> tuple[Scenario | None, tuple[Problem, ...]]:
    """Parse one scenario; None when a problem is an error."""
    problems = ProblemList(file)
    node = read_document(content, problems)
    scenario = None
    if node is not None:
        top = Fields(node, "", problems)
        scenario = _read(top, file)
        top.finish()
    return (None if problems.has_errors else scenario), problems.finish()


def _read(top: Fields, file: str) -> Scenario:
    name = top.get_match("scenario", ID, shape=ID_SHAPE)
    title = top.get_text("title")
    clock = _Clock(top)
    rtc_share = _read_country(top)
    callers = top.get_fields("callers")
    crowd = _read_callers(callers, clock) if callers else _Crowd()
    seed = top.get_integer("seed", least=0, most=999_999_999)
    wirings = tuple(read_wiring(item) for item in _list(top, "wirings"))
    _refuse_twice(top, "wirings", [wiring.name for wiring in wirings])
    steps = tuple(_read_step(item, clock) for item in _list(top, "faults"))
    if len(steps) > STEPS_MAX:
        top.refuse("faults", f"more than {STEPS_MAX:,} steps", "Join steps that hit several")
    return Scenario(
        name=name,
        title=title,
        starts=clock.starts,
        ends=clock.ends,
        seed=seed,
        faults=steps,
        wirings=wirings,
        published=_read_published(top),
        calls=crowd.calls,
        profile=crowd.profile,
        numbers=crowd.numbers,
        operators=crowd.operators,
        file=file,
        rows=crowd.rows,
        retries=crowd.retries,
        rtc_share=rtc_share,
        offset_s=clock.offset_s,
    )


def _read_country(top: Fields) -> float | None:
    """Return the share of answering points behind the switched network, where one is named."""
    item = top.get_fields("country", required=False)
    if item is None:
        return None
    share = _number(item, "rtc_share", item.get_text("rtc_share"), most=1.0)
    item.finish()
    return share


_NO_RETRIES = Retries()
_Shares = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Crowd:
    """The block `callers`."""

    calls: int = 1
    profile: tuple[tuple[float, float], ...] = ()
    numbers: _Shares = ()
    operators: _Shares = ()
    retries: Retries = _NO_RETRIES
    rows: Mapping[str, int] = field(default_factory=dict)


class _Clock:
    """Reads `16:45` (the evening's own clock) and `+90` (seconds) as scenario seconds."""

    def __init__(self, top: Fields) -> None:
        text = top.get_text("starts")
        begins = _read_instant(text)
        is_known = begins is not None
        if begins is None:
            if text:
                top.refuse(
                    "starts", "the value is not an instant with its offset from UTC",
                    "Write it as 2021-06-02T16:45:00+02:00", value=text,
                )  # fmt: skip
            begins = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
        self.offset_s = int((begins.utcoffset() or dt.timedelta()).total_seconds())
        self.starts = UtcTime(int(begins.timestamp() * 1e6))
        self.ends = UtcTime(top.get_time("ends"))
        self.length_s = (self.ends - self.starts) / 1e6
        self._midnight_s = begins.hour * 3600 + begins.minute * 60 + begins.second
        if is_known and self.ends and not 0 < self.length_s <= LENGTH_S_MAX:
            top.refuse(
                "ends", f"the end is not between the beginning and {LENGTH_S_MAX // 86400} days"
                " after it", "Correct starts or ends",
            )  # fmt: skip

    def read(self, fields: Fields, name: str, *, required: bool = True) -> float | None:
        """Return scenario seconds; None when the field is absent or wrong."""
        text = fields.get_text(name, required=required)
        return self.parse(fields, name, text) if text else None

    def parse(self, fields: Fields, name: str, text: str) -> float | None:
        """Return scenario seconds of a text; a clock before the beginning is the next day's."""
        if text.startswith("+") and _NUMBER.fullmatch(text[1:]):
            seconds = float(text[1:])
        elif match := _CLOCK.fullmatch(text):
            seconds = int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0)
            seconds = float(seconds - self._midnight_s)
            if seconds < 0:
                seconds += _DAY_S
        else:
            fields.refuse(
                name, "the value is neither a clock time nor seconds after the beginning",
                "Write 16:45, 16:45:30 or +90", value=text,
            )  # fmt: skip
            return None
        if seconds > self.length_s > 0:
            fields.refuse(
                name, "the instant lies after the end of the scenario", "Correct it", value=text
            )
        return seconds


def _read_instant(text: str) -> dt.datetime | None:
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo else None


def _read_callers(item: Fields, clock: _Clock) -> _Crowd:
    crowd = _Crowd(
        calls=item.get_integer("calls", least=1, most=CALLS_MAX),
        profile=_read_profile(item, clock),
        numbers=_read_shares(item, "numbers", _SHORT_NUMBER, "a short number"),
        operators=_read_shares(item, "operators", re.compile(ID), "the id of an operator"),
        retries=_read_retries(item),
        rows={name: item.find_line(name) for name in ("numbers", "operators")},
    )
    item.finish()
    return crowd


def _read_profile(item: Fields, clock: _Clock) -> tuple[tuple[float, float], ...]:
    points = []
    for when, text in item.get_map("profile").items():
        at_s = clock.parse(item, "profile", when)
        rate = _number(item, "profile", text, most=1e6)
        if at_s is not None:
            points.append((at_s, rate))
    if [at_s for at_s, _ in points] != sorted({at_s for at_s, _ in points}):
        item.refuse("profile", "the times are not in ascending order", "Order the points")
    if len(points) > POINTS_MAX:
        item.refuse("profile", f"more than {POINTS_MAX:,} points", "Leave some out")
    if not sum(rate for _, rate in points):
        item.refuse("profile", "no point has a rate above 0", "Write one, such as `16:45: 1`")
    return tuple(points)


def _read_shares(item: Fields, name: str, pattern: re.Pattern[str], shape: str) -> _Shares:
    shares = []
    given = item.get_map(name)
    for key, text in given.items():
        if not pattern.fullmatch(key):
            item.refuse(name, f"the name is not {shape}", "Correct the name", value=key)
        shares.append((key, _number(item, name, text, most=1e6)))
    if all(map(_NUMBER.fullmatch, given.values())) and not sum(share for _, share in shares):
        item.refuse(name, "no share is above 0", 'Write at least one, such as `{"15": 50}`')
    return tuple(shares)


def _read_retries(item: Fields) -> Retries:
    if not item.has("retries"):
        return Retries()
    inner = item.get_fields("retries")
    if inner is None:
        return Retries()
    share = _number(inner, "share", inner.get_text("share"), most=1.0)
    waits = inner.get_texts("after_s")
    if len(waits) != 2:  # noqa: PLR2004
        inner.refuse("after_s", "two numbers are expected", "Write the least and longest wait")
        waits = ("10", "60")
    least, longest = (_number(inner, "after_s", wait, most=WAIT_S_MAX) for wait in waits)
    if least > longest:
        inner.refuse("after_s", "the least wait is above the longest", "Turn them round")
    most = inner.get_integer("most", least=0, most=RETRIES_MAX)
    inner.finish()
    return Retries(share=share, after_s=(least, longest), most=most)


def _read_step(item: Fields, clock: _Clock) -> FaultStep:
    at_s = clock.read(item, "at") or 0.0
    until_s = clock.read(item, "until", required=False)
    if until_s is not None and until_s <= at_s:
        item.refuse("until", "the fault ends before it begins", "Correct at or until")
    kind = item.get_match("fault", ID, shape=ID_SHAPE)
    targets = item.get_texts("targets")
    settings = item.get_map("settings") if item.has("settings") else {}
    spreads = item.get_text("spreads_after_s", required=False)
    step = FaultStep(
        at_s=at_s,
        until_s=clock.length_s if until_s is None else until_s,
        kind=kind,
        targets=targets,
        settings=tuple(settings.items()),
        spreads_after_s=(
            _number(item, "spreads_after_s", spreads, most=WAIT_S_MAX) if spreads else None
        ),
        rows={name: item.find_line(name) for name in ("fault", "targets", "settings")},
    )
    item.finish()
    return step


def read_wiring(item: Fields) -> Wiring:
    """Read a wiring, of a scenario or of the topology of an exercise."""
    wiring = Wiring(
        name=item.get_match("name", ID, shape=ID_SHAPE),
        note=item.get_text("note", required=False),
        tries_max=_read_tries(item),
        breakers=_flag(item, "breakers", usual=True),
        direct=_flag(item, "direct", usual=True),
        shared_state=_flag(item, "shared_state", usual=False),
    )
    item.finish()
    return wiring


def _read_published(top: Fields) -> Published | None:
    if not top.has("published"):
        return None
    item = top.get_fields("published")
    if item is None:
        return None
    published = Published(
        attempts=item.get_integer("attempts", least=1, most=999_999_999),
        lost=item.get_integer("lost", least=0, most=999_999_999),
        source=item.get_text("source"),
    )
    item.finish()
    return published


def _read_tries(item: Fields) -> int:
    if not item.has("tries_max"):
        return Wiring(name="").tries_max
    return item.get_integer("tries_max", least=1, most=TRIES_MAX)


def _flag(item: Fields, name: str, *, usual: bool) -> bool:
    """Read yes or no; a wiring is as route112's own where it says nothing."""
    if not item.has(name):
        return usual
    return item.get_text(name, among=("yes", "no")) == "yes"


def _number(item: Fields, name: str, text: str, *, most: float) -> float:
    if _NUMBER.fullmatch(text) and float(text) <= most:
        return float(text)
    if text:
        item.refuse(
            name,
            f"the value is not a number from 0 to {most:,.0f}",
            "Write digits, and a point where there is a fraction",
            value=text,
        )
    return 0.0


def _list(top: Fields, name: str) -> list[Fields]:
    return list(top.iterate(name)) if top.has(name) else []


def _refuse_twice(top: Fields, name: str, ids: list[str]) -> None:
    for twice in sorted({id_ for id_ in ids if ids.count(id_) > 1}):
        top.refuse(name, "the name is there twice", "Rename one", value=twice)
