"""
Findings in, alarms out: those of one cause are one alarm, and an alarm does not flap.

A finding joins an alarm that is open when it is a part of what is wrong there, or when both began
at about the same time and can have one cause (`related`), unless the calls that they hit say that
they are two (`causes`). One that belongs to several alarms makes them one: the oldest goes on. An
alarm is over when nothing has been wrong for `HOLD_US`; what comes back until then keeps it open,
and nobody is told. What is only due (`Finding.is_due`) is no cause of what calls show: it has
alarms of its own.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from route112.watch.alarms.causes import Causes, Known, Pairs
from route112.watch.alarms.changes import Happening
from route112.watch.alarms.factors import Scene, name_party, rank_factors
from route112.watch.alarms.ground import Ground
from route112.watch.alarms.hit import list_works, tell_hit
from route112.watch.alarms.related import is_close, is_of_same, is_part, list_together, meet
from route112.watch.alarms.sightings import Sightings
from route112.watch.alarms.values import Alarm, AlarmEvent, State, What
from route112.watch.findings import Change, Finding, FindingKind
from route112.watch.series import Series

HOLD_US = 600_000_000
"""How long nothing has to be wrong before an alarm is over."""
REFRESH_US = 15_000_000
"""Between two times that factors and figures of an open alarm are worked out anew."""
TOLD_US = 60_000_000
"""Between two times that people are told of a change; opening and end are told at once."""
PARTY_CALLS = 3
"""Calls that failed, from which most of them say who it was."""
PAST_MAX = 200
"""Findings that are over and that an alarm remembers."""

_Key = tuple[FindingKind, Series]


@dataclass(slots=True)
class _Case:
    """One alarm that is open."""

    alarm: Alarm
    active: dict[_Key, Finding] = field(default_factory=dict)
    past: dict[_Key, Finding] = field(default_factory=dict)
    quiet_us: int | None = None
    told_us: int = 0
    cause: Known | None = None
    """What it is known by, where calls show its trouble."""
    has_news: bool = False
    """Something that people should be told."""
    has_changed: bool = False
    """`alarm` does not say all that is known."""

    def list_all(self) -> list[Finding]:
        return [*self.active.values(), *self.past.values()]


class Alarms:
    """
    Keeps the alarms that are open.

    Args:
        sightings: who is well and who is not; whoever feeds detectors feeds it, too.
        next_id: of the next alarm that opens.
        list_changes: what changed lately, besides the snapshots that calls tell of.
    """

    def __init__(
        self,
        ground: Ground,
        sightings: Sightings,
        *,
        next_id: int = 1,
        list_changes: Callable[[], Sequence[Happening]] = tuple,
    ) -> None:
        self._ground = ground
        self._list_changes = list_changes
        self.sightings = sightings
        self._cases: list[_Case] = []
        self._next_id = next_id
        self._refresh_us = self._now_us = 0

    def restore(self, alarms: Iterable[Alarm]) -> None:
        """Go on with alarms that were open when another process ended."""
        for alarm in alarms:
            self._cases.append(
                _Case(
                    alarm,
                    active={(each.kind, each.series): each for each in alarm.active},
                    past={(each.kind, each.series): each for each in alarm.past},
                    quiet_us=alarm.quiet_us or None,
                    told_us=alarm.changed_us,
                )
            )
            self._next_id = max(self._next_id, alarm.id + 1)

    def list_open(self) -> tuple[Alarm, ...]:
        """List the alarms that are not over, oldest first."""
        return tuple(case.alarm for case in self._cases)

    def list_active(self) -> tuple[Finding, ...]:
        """List what is wrong now, in the order of the alarms."""
        return tuple(each for case in self._cases for each in case.active.values())

    def take(self, change: Change, now_us: int) -> tuple[AlarmEvent, ...]:
        """
        Take what the detectors say, about once a second; return what people should be told.

        Args:
            change: findings that began and those that are over; empty ones count too.
            now_us: watch time. Where another clock begins all findings are over first: what is
                quiet at a time that is still to come is over.
        """
        self._now_us = now_us
        events: list[AlarmEvent] = []
        for key in change.over:
            self._end(key)
        if change.begun:
            everybody = [each for case in self._cases for each in case.list_all()]
            index = self.sightings.traces.index(now_us)
            known = [case.cause for case in self._cases if case.cause]
            causes = Causes(index, self._ground, [*everybody, *change.begun], known)
            for finding in change.begun:
                events += self._place(finding, causes, now_us)
            self._sort(causes)
        is_due = abs(now_us - self._refresh_us) >= REFRESH_US
        if is_due:
            self._refresh_us = now_us
        for case in list(self._cases):
            events += self._step(case, now_us, is_due=is_due)
        return tuple(events)

    def _end(self, key: _Key) -> None:
        for case in self._cases:
            if (finding := case.active.pop(key, None)) is None:
                continue
            case.past[key] = finding
            case.has_changed = True
            while len(case.past) > PAST_MAX:
                del case.past[next(iter(case.past))]

    def _place(self, finding: Finding, causes: Causes, now_us: int) -> list[AlarmEvent]:
        """Put a finding where it belongs; return the alarms that became one by it."""
        key = (finding.kind, finding.series)
        found = self._find(finding, causes) or [self._open(finding, now_us)]
        first, *others = found
        known = first.active.get(key) or first.past.pop(key, None)
        is_news = known is None or (finding.is_due and finding.evidence != known.evidence)
        first.active[key] = finding
        first.has_changed = True
        first.has_news = first.has_news or is_news
        events = []
        for case in others:
            first.active = {**case.active, **first.active}
            first.past = {**case.past, **first.past}
            self._cases.remove(case)
            merged = replace(
                case.alarm,
                state=State.MERGED,
                changed_us=now_us,
                over_us=now_us,
                into=first.alarm.id,
            )
            events.append(AlarmEvent(What.MERGED, merged))
        return events

    def _find(self, finding: Finding, causes: Causes) -> list[_Case]:
        """Return the cases that a finding belongs to: those that become one, oldest first."""
        key = (finding.kind, finding.series)
        everybody = [each for case in self._cases for each in case.list_all()]
        together = list_together(finding, everybody, self._ground)
        own = None if finding.is_due else causes.find(finding)
        found: list[tuple[_Case, int | None]] = []
        for case in self._cases:
            members = case.list_all()
            is_known = key in case.active or key in case.past
            if not is_known and any(each.is_due is not finding.is_due for each in members):
                continue
            cause = None if finding.is_due else causes.find_common(members, case.cause)
            close = [each for each in members if is_close(finding, each)]
            is_part_of = not finding.is_due and any(
                is_part(finding.series, each.series) for each in case.active.values()
            )
            if is_known:
                found.insert(0, (case, cause))
            elif own is not None and cause is not None:
                if own == cause and (close or is_part_of or causes.is_most(finding)):
                    found.append((case, cause))
            elif is_part_of or any(
                each.series in together or self._meets(finding, each.series) for each in close
            ):
                found.append((case, cause))
        # Nothing that calls do not show makes one of two that they tell apart.
        first = next((cause for _, cause in found if cause is not None), None)
        return sorted(
            (case for case, cause in found if cause in (None, first)),
            key=lambda case: case.alarm.id,
        )

    def _meets(self, finding: Finding, other: Series) -> bool:
        """Tell whether one call can be in both; what is only due has none, and one owner."""
        if finding.is_due:
            return is_of_same(finding.series, other)
        return meet(finding.series, other, self._ground)

    def _sort(self, causes: Causes) -> None:
        """Note what alarms are known by, and move what turns out to be of another one's cause."""
        homes: dict[int, _Case] = {}
        for case in self._cases:
            if any(each.is_due for each in case.list_all()):
                continue
            number = causes.find_common(case.list_all(), case.cause)
            if number is not None:
                case.cause = causes.describe(number)
                homes.setdefault(number, case)
        for number, case in homes.items():
            for key, finding in list(case.active.items()):
                own = causes.find(finding)
                if own not in (None, number) and own in homes and causes.is_sure(finding):
                    del case.active[key]
                    homes[own].active[key] = finding
                    homes[own].past.pop(key, None)
                    homes[own].has_changed = case.has_changed = True

    def _open(self, finding: Finding, now_us: int) -> _Case:
        case = _Case(
            Alarm(
                id=self._next_id,
                state=State.OPEN,
                kind=finding.kind,
                series=finding.series,
                since_us=finding.since_us,
                opened_us=now_us,
                changed_us=now_us,
                floor_s=finding.floor_s,
                party=finding.party,
                active=(finding,),
            )
        )
        self._next_id += 1
        self._cases.append(case)
        return case

    def _step(self, case: _Case, now_us: int, *, is_due: bool) -> list[AlarmEvent]:
        """Work an alarm out anew where that is due; return what is to be told of it."""
        if case.active:
            case.quiet_us = None
        elif case.quiet_us is None:
            case.quiet_us = now_us
        if case.quiet_us is not None and not 0 <= now_us - case.quiet_us < HOLD_US:
            self._cases.remove(case)
            over = replace(
                self._work_out(case), state=State.OVER, changed_us=now_us, over_us=now_us
            )
            return [AlarmEvent(What.OVER, over)]
        is_new = case.told_us == 0
        may_tell = is_new or now_us - case.told_us >= TOLD_US
        if not (is_due or case.has_changed or (may_tell and case.has_news)):
            return []
        before, case.alarm = case.alarm, self._work_out(case)
        case.has_changed = False
        if before.factors[:1] != case.alarm.factors[:1]:
            case.has_news = case.has_news or _name_first(before) != _name_first(case.alarm)
        if not (may_tell and case.has_news):
            return []
        case.has_news, case.told_us = False, now_us
        case.alarm = replace(case.alarm, changed_us=now_us)
        return [AlarmEvent(What.OPENED if is_new else What.CHANGED, case.alarm)]

    def _work_out(self, case: _Case) -> Alarm:
        """Return an alarm with all that is known by now; what it was where all moved away."""
        state = State.QUIET if case.quiet_us is not None else State.OPEN
        if not case.list_all():
            quiet_us = case.quiet_us or 0
            return replace(case.alarm, state=state, quiet_us=quiet_us, active=(), past=())
        known = case.cause[0] if case.cause else ()
        rank = partial(_rank, known=known)
        active = sorted(case.active.values(), key=rank)
        leading = active or sorted(case.past.values(), key=rank)
        since_us = min([case.alarm.since_us, *(each.since_us for each in case.list_all())])
        counts = self.sightings.count(since_us)
        scene = Scene(
            findings=leading,
            counts=counts,
            parties=self.sightings.count_parties(since_us),
            moves=self._list_moves(case.alarm.opened_us),
            since_us=since_us,
        )
        lead = leading[0]
        sites = self.sightings.count_sites(since_us)
        return replace(
            case.alarm,
            state=state,
            quiet_us=case.quiet_us or 0,
            kind=lead.kind,
            series=lead.series,
            since_us=since_us,
            floor_s=lead.floor_s,
            party=self._tell_party(leading, scene),
            active=tuple(active),
            past=tuple(case.past.values()),
            hit=tell_hit(leading, scene, self._ground),
            factors=() if lead.is_due else rank_factors(scene, self._ground),
            works=() if lead.is_due else list_works(counts, sites, self._ground),
        )

    def _list_moves(self, opened_us: int) -> list[Happening]:
        """List what changed before people were told: what they do about it did not make it."""
        moves = [*self.sightings.list_moves(), *self._list_changes()]
        return [move for move in moves if move.at_us <= opened_us]

    def _tell_party(self, leading: Sequence[Finding], scene: Scene) -> str:
        """
        Say who failed: as the detector that leads does, else most of the calls that failed there.

        What compares elements knows who it was where calls went well by another way; where callers
        fail, their calls name who failed them.
        """
        lead = leading[0]
        if lead.party or lead.is_due:
            return lead.party
        index = self.sightings.traces.index(self._now_us)
        parties = index.count_parties(index.find(lead.series), scene.since_us)
        if sum(parties.values()) >= PARTY_CALLS and (party := name_party(parties)):
            return party
        named = [each.party for each in leading if each.party]
        return max(named, key=named.count) if named else name_party(scene.parties)


def _rank(finding: Finding, *, known: Pairs) -> tuple[bool, bool, bool, int, bool, float, str]:
    """
    Order by width, then strength; a report leads only where nothing was measured.

    Where the alarm is known by a cause, that leads, and what is wider follows from it. Of equally
    wide ones what follows from others comes last: callers who fail try again.
    """
    is_report = finding.kind is FindingKind.REPORT
    is_other = finding.series.pairs != known
    is_wider = set(finding.series.pairs) < set(known)
    follows = finding.kind in (FindingKind.FLOOD, FindingKind.THRESHOLD)
    width = len(finding.series.pairs)
    return is_report, is_other, is_wider, width, follows, -finding.strength, str(finding.series)


def _name_first(alarm: Alarm) -> str:
    return "".join(f"{factor.name} {factor.value}" for factor in alarm.factors[:1])
