"""What became of one attempt, told from the lines that all stations wrote about it."""

from collections.abc import Collection, Iterator

from route112.watch.values import (
    BUSY,
    PROBE_WORDS,
    TEST_PREFIX,
    TEST_SERVICE,
    WELL,
    SeenCall,
    SeenClock,
    SeenTry,
)
from route112.wire.record_calls import (
    OUTCOMES,
    PARTIES,
    PATIENCE_MS,
    REFUSED_PARTIES,
    UNKNOWN,
    judge_failure,
    read_number,
)
from route112.wire.record_lines import Record

AWAY_WORDS = frozenset({"DOWN", "UNREACHABLE", "UNSTAFFED", "MAINTENANCE", "PAUSED"})
"""What a step of a trace says of somebody who is measured as down, or paused."""
DRAINED = "drained"
"""Why a site did not serve a call that it was not meant to."""
_US_PER_MS = 1_000


def describe_call(records: list[Record], edges: Collection[str], *, now_us: int) -> SeenCall:
    """
    Say what became of one attempt.

    Args:
        records: of all stations, by time; at least one.
        now_us: when an attempt without an end is given.
    """
    at_edge = [record for record in records if record.get("site") in edges]
    at_sites = [record for record in records if record.get("site") not in edges]
    own = at_edge or at_sites
    attempt, site_attempt = _find(own, "attempt"), _find(at_sites, "attempt")
    end = _find_end(own)
    refused = _find_refused(own) if attempt is None or end is None else None
    tries = tuple(_list_tries(records, end if at_edge else None))
    rings = [record for each in (own, records) for record in each if record.kind == "ring"]
    decision = _find_last(records, "decision")
    outcome = _tell_outcome(end, refused)
    said = end or refused
    began_us = own[0].time_us if said is None else said.time_us - _measure_us(own[0], said)
    passed, number = tuple(_list_passed(at_edge)), _first("dialled", attempt, site_attempt)
    return SeenCall(
        call=records[0].call,
        began_us=began_us,
        ended_us=now_us if said is None else said.time_us,
        number=number,
        is_test=number.lower().startswith(TEST_PREFIX) or _first("reason", refused) == "test-call",
        operator=_first("op", attempt, site_attempt, refused),
        technology=_first("tech", site_attempt, attempt),
        commune=_first("commune", site_attempt, attempt),
        caller=_first("caller", attempt, site_attempt),
        edge=at_edge[0].get("site") if at_edge else "",
        site=_tell_site(at_sites, passed, tries, at_edge),
        passed=passed,
        psap=_tell_psap(records),
        reached=_tell_reached(tries) if outcome == "answered" else "",
        tries=tries,
        degraded=_first("degraded", decision),
        moved=_list_moved(decision),
        generation=_number(decision, "g"),
        outcome=outcome,
        party=_judge(
            outcome, own=own, tries=tries, said=said, rang=bool(rings), by_edge=bool(at_edge)
        ),
        code=_number(end, "code"),
        reason=_first("reason", refused),
        ring_ms=_measure(own[0], began_us, rings[0] if rings else None),
        answer_ms=_measure(own[0], began_us, end if outcome == "answered" else None),
        clocks=tuple(_list_clocks(at_edge, at_sites, end)),
    )


def describe_probe(record: Record) -> SeenCall:
    """Say what became of a test call, from the record of whoever placed it."""
    said = record.get("said")
    is_well = said == WELL
    tried = SeenTry(
        station=record.get("to"),
        psap="",
        number="",
        hop=record.get("hop"),
        via=record.get("via") or "ip",
        outcome="answered" if is_well else "failed",
    )
    return SeenCall(
        call=record.get("test"),
        began_us=record.time_us,
        ended_us=record.time_us,
        number=TEST_SERVICE,
        is_test=True,
        operator="",
        technology="",
        commune="",
        caller="",
        edge=record.get("edge"),
        site=record.get("to"),
        passed=(record.get("to"),),
        psap="",
        reached="",
        tries=(tried,),
        degraded="",
        generation=0,
        outcome="answered" if is_well else "failed",
        party="",
        code=_number(record, "code"),
        ring_ms=read_number(record.get("ring_ms")),
        probe=said if said in PROBE_WORDS else BUSY,
    )


def _list_moved(decision: Record | None) -> tuple[str, ...]:
    """Return whom the trace of a decision names as away; next hops, `host:port`, are left out."""
    steps = [step.split(" ") for step in _first("trace", decision).split(" -> ")]
    return tuple(
        step[0]
        for step in steps
        if len(step) == 2 and step[1] in AWAY_WORDS and ":" not in step[0]  # noqa: PLR2004
    )


def _list_passed(at_edge: list[Record]) -> Iterator[str]:
    """Yield the sites that were to serve a call; one that is drained said at once that it is."""
    drained = [
        record.get("n")
        for record in at_edge
        if record.kind == "returned" and record.get("cause") == DRAINED
    ]
    for record in at_edge:
        if record.kind == "pass" and record.get("n") not in drained:
            yield record.get("to")


def _list_clocks(
    at_edge: list[Record], at_sites: list[Record], edge_end: Record | None
) -> Iterator[SeenClock]:
    """
    Compare the clocks of an edge and its sites by what cannot have been before what.

    An edge writes `pass`, then the site its lines; the site writes that somebody answered, then
    the edge. So each call bounds the difference from both sides, as an exchange of NTP does.
    """
    last, is_direct = _find_last(at_edge, "pass"), _find(at_edge, "try") is not None
    for passed in (record for record in at_edge if record.kind == "pass"):
        own = [record for record in at_sites if record.get("site") == passed.get("to")]
        if not own:
            continue
        least_us = None
        # An answer that came when the edge had gone on was not the caller's.
        ends = (_find_last(own, "end"), edge_end) if passed is last and not is_direct else ()
        said = [end for end in ends if end is not None and end.get("outcome") == "answered"]
        if len(said) == len(ends) and said:
            least_us = said[0].written_us - said[1].written_us
        yield SeenClock(
            site=passed.get("to"),
            most_us=min(record.written_us for record in own) - passed.written_us,
            least_us=least_us,
        )


def _find(records: list[Record], kind: str) -> Record | None:
    return next((record for record in records if record.kind == kind), None)


def _find_end(records: list[Record]) -> Record | None:
    """
    Return the last end, unless another station has taken the call over since.

    Who gave up at the one and was refused at the other was sent on, and got nowhere.
    """
    last = _find_last(records, "end")
    if last is None:
        return None
    takers = ("attempt", "refused") if last.get("outcome") == "cancelled" else ("attempt",)
    is_left = any(
        each.kind in takers
        and each.time_us > last.time_us
        and each.get("site") != last.get("site")
        for each in records
    )
    return None if is_left else last


def _find_refused(records: list[Record]) -> Record | None:
    """Return the first refusal after which no other station has taken the call, and kept it."""
    ended = {each.get("site") for each in records if each.kind == "end"}
    takers = [each for each in records if each.kind == "attempt"]
    for refused in (each for each in records if each.kind == "refused"):
        is_own = (
            each.get("site") == refused.get("site")
            or (each.get("site") in ended and each.time_us < refused.time_us)
            for each in takers
        )
        if all(is_own):
            return refused
    return None


def _find_last(records: list[Record], kind: str) -> Record | None:
    return _find(records[::-1], kind)


def _first(name: str, *records: Record | None) -> str:
    """Return the first of these records' fields that says something."""
    return next((value for record in records if record and (value := record.get(name))), "")


def _number(record: Record | None, name: str) -> int:
    text = "" if record is None else record.get(name)
    return read_number(text) or 0


def _tell_outcome(end: Record | None, refused: Record | None) -> str:
    if end is not None:
        said = end.get("outcome")
        return said if said in OUTCOMES else UNKNOWN
    return UNKNOWN if refused is None else "refused"


def _measure_us(first: Record, later: Record) -> int:
    """
    Return how long after a record another one was written.

    What a station writes whose clock is ahead is taken as of when it is read, all at one time
    perhaps: by its own clock it is known all the same, unless that was set back meanwhile.
    """
    written_us = later.written_us - first.written_us
    is_its_own = first.get("site") == later.get("site")
    is_ahead = any(each.time_us < each.written_us for each in (first, later))
    if is_its_own and is_ahead and written_us >= 0:
        return written_us
    return later.time_us - first.time_us


def _measure(first: Record, began_us: int, record: Record | None) -> int | None:
    """Return the milliseconds from the first record of a call to another; None without one."""
    if record is None:
        return None
    is_its_own = first.get("site") == record.get("site")
    took_us = _measure_us(first, record) if is_its_own else record.time_us - began_us
    return max(0, took_us) // _US_PER_MS


def _tell_reached(tries: tuple[SeenTry, ...]) -> str:
    answered = [each.psap for each in tries if each.outcome == "answered"]
    return answered[-1] if answered else ""


def _tell_psap(records: list[Record]) -> str:
    """The answering point that the first decision ranks first."""
    decision = _find(records, "decision")
    return "" if decision is None else decision.get("targets").partition("/")[0]


def _tell_site(
    at_sites: list[Record],
    passed: tuple[str, ...],
    tries: tuple[SeenTry, ...],
    at_edge: list[Record],
) -> str:
    edge = at_edge[0].get("site") if at_edge else ""
    served = [each.station for each in tries if each.station != edge]
    if served and not (edge and tries[-1].station == edge):
        return served[-1]
    if edge and tries and tries[-1].station == edge:
        return ""
    if passed:
        return passed[-1]
    return at_sites[-1].get("site") if at_sites else ""


def _list_tries(records: list[Record], edge_end: Record | None) -> Iterator[SeenTry]:
    """Yield each try with what became of it: by its station, its number and its place in line."""
    for index, record in enumerate(records):
        if record.kind != "try":
            continue
        own = [
            later
            for later in records[index + 1 :]
            if later.get("site") == record.get("site") and later.get("n") == record.get("n")
        ]
        failed, ring = _find(own, "failed"), _find(own, "ring")
        end = next(
            (
                later
                for later in records[index + 1 :]
                if later.kind == "end"
                and later.get("site") == record.get("site")
                and later.get("outcome") == "answered"
                and later.get("number") == record.get("number")
            ),
            None,
        )
        outcome = "open" if ring is None else "rang"
        if failed is not None:
            outcome = "failed"
        elif end is not None and _is_heard(end, edge_end):
            outcome = "answered"
        yield SeenTry(
            station=record.get("site"),
            psap=record.get("psap"),
            number=record.get("number"),
            hop=record.get("hop"),
            via=record.get("via") or "ip",
            outcome=outcome,
            cause="" if failed is None else failed.get("cause"),
            code=_number(failed, "code"),
            party="" if failed is None else judge_failure(failed, rang=ring is not None),
        )


def _is_heard(end: Record, edge_end: Record | None) -> bool:
    """A site's answer counts where the caller got it, too."""
    return edge_end is None or edge_end.get("outcome") == "answered" or end is edge_end


def _judge(
    outcome: str,
    *,
    own: list[Record],
    tries: tuple[SeenTry, ...],
    said: Record | None,
    rang: bool,
    by_edge: bool,
) -> str:
    """Who failed, by docs/formats/records.md, over all stations of the call."""
    if outcome == "refused" and said is not None:
        return REFUSED_PARTIES.get(said.get("reason"), "site")
    if outcome in ("answered", UNKNOWN):
        return ""
    if said is not None and said.get("party") in PARTIES:
        return said.get("party")
    if outcome == "cancelled":
        waited_ms = _number(said, "ms")
        if rang or waited_ms < PATIENCE_MS:
            return ""
    first = next((each for each in tries if each.outcome == "failed"), None)
    if first is not None:
        return first.party
    if tries:
        return "joint" if tries[-1].via == "rtc" else "carrier"
    if by_edge and not any(record.kind == "pass" for record in own):
        return "edge"
    return "site"
