"""
What a call says about the elements on its way: one trial of each piece of work that was asked.

A call that got through in the end has tried things that did not work, and nobody heard of it. So
elements are not judged by calls but by *trials*: an edge had to pass the call on, a site had to
take it, a path had to reach a target, a target had to answer. A trial names what took part in it
(its *factors*), since one of them is at fault and the others are not.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from route112.watch.values import SeenCall, SeenTry

Pair = tuple[str, str]
"""Dimension and value, as in `Series`."""
Factors = tuple[Pair, ...]
Key = tuple[str, Factors]
"""A work, and one factor, or the two ends of a path; none stands for all trials of that work."""
PATHS = (("edge", "site"), ("edge", "trunk"), ("site", "trunk"))
"""Pairs of dimensions that are accused as one: a way from one element to the next."""

UNANSWERED_MS = 10_000
"""Who hangs up sooner after the first ringing has not waited for an answer."""
HAND = "passes calls on"
TAKE = "takes calls"
REACH = "reaches targets"
AGAIN = "reaches targets that were just missed"
"""Over another trunk, in the same call: who is not reached by one is often reached by none, and
says so little of the second trunk that it is another kind of work."""
ANSWER = "answers when it rings"
WORKS = (HAND, TAKE, REACH, AGAIN, ANSWER)


@dataclass(frozen=True, slots=True)
class Trial:
    """One piece of work that was asked for, and whether it was done."""

    work: str
    """One of `WORKS`."""
    factors: tuple[Pair, ...]
    """What took part, in the order of the dimensions of a series."""
    failed: bool
    party: str = ""
    """Who failed, by the records; empty where they do not say."""
    detail: str = ""
    """What was seen, in words; without a caller."""
    is_known: bool = False
    """It failed with the same station and target as another trial of this call: no evidence more,
    but it says over which other trunk."""


def name_keys(
    work: str, factors: Factors, accused: tuple[str, ...]
) -> tuple[tuple[Key, ...], tuple[Key, ...]]:
    """
    Return under which keys a trial of these factors accuses, and under which it is counted.

    Accused is each factor of these dimensions, and the path that the trial went; counted is each
    factor, each pair, and all.
    """
    few = [each for each in factors if each[0] in accused]
    paths = [pair for pair in combinations(few, 2) if (pair[0][0], pair[1][0]) in PATHS]
    alone = [(each,) for each in factors]
    return (
        tuple((work, each) for each in (*((one,) for one in few), *paths)),
        tuple((work, each) for each in ((), *alone, *combinations(factors, 2))),
    )


def list_trials(call: SeenCall) -> Iterator[Trial]:
    """
    List the trials of one attempt that is over.

    Nothing is said by test calls, by corrections of what was told before, by strangers and broken
    messages, and by callers who gave up before anything could have happened.
    """
    if call.is_test or call.corrects or call.outcome == "refused" or call.party == "origin":
        return
    gave_up = call.outcome == "cancelled" and not call.party
    if call.edge and not (gave_up and not call.passed and not call.tries):
        idle = not call.passed and not call.tries
        yield Trial(HAND, (("edge", call.edge),), idle, "edge" if idle else "")
    yield from _list_passes(call, gave_up=gave_up)
    missed: set[Pair] = set()
    for each in call.tries:
        failed = _is_unreached(each, call, gave_up=gave_up)
        if failed is not None:
            station = ("edge" if each.station == call.edge else "site", each.station)
            party = each.party or ("joint" if each.via == "rtc" else "carrier")
            factors = station, ("trunk", each.hop), ("psap", each.psap)
            whom = each.station, each.psap
            if whom in missed:
                yield Trial(AGAIN, factors, failed, party if failed else "")
            known = failed and whom in missed
            yield Trial(REACH, factors, failed, party if failed else "", is_known=known)
            if failed:
                missed.add(whom)
        unanswered = _is_unanswered(each, call)
        if unanswered is not None:
            rung = ("trunk", each.hop), ("psap", each.psap)
            yield Trial(ANSWER, rung, unanswered, "psap" if unanswered else "")


def _list_passes(call: SeenCall, *, gave_up: bool) -> Iterator[Trial]:
    """A site that the call left has not taken it; the last one has if it did anything at all."""
    for index, site in enumerate(call.passed):
        factors = ("edge", call.edge), ("site", site)
        if index < len(call.passed) - 1:
            yield Trial(TAKE, factors, failed=True, party="site")
            continue
        signs = any(each.station == site and each.outcome != "open" for each in call.tries)
        took = signs or (call.got_through and not call.is_direct)
        if took or not gave_up:
            yield Trial(TAKE, factors, not took, "" if took else "site")


def _is_unreached(each: SeenTry, call: SeenCall, *, gave_up: bool) -> bool | None:
    """
    Tell whether the way to a target failed; None where the try says nothing about it.

    A target that is busy or rings has been reached. One that was not rung, for want of room or at
    its own wish, says nothing. A try without any sign failed, unless the caller did not wait for
    one, or the answer was heard and only the site's line about it is missing.
    """
    if each.outcome in ("answered", "rang"):
        return False
    if each.outcome == "failed":
        if each.cause in ("full", "held") or each.party == "origin":
            return None
        return each.party != "psap"
    if gave_up or (call.got_through and not call.is_direct):
        return None
    return True


def _is_unanswered(each: SeenTry, call: SeenCall) -> bool | None:
    """Tell whether a target that rang did not answer; None where nobody waited for it."""
    if each.outcome == "answered":
        return False
    if each.outcome == "failed" and each.cause == "timeout" and each.party == "psap":
        return True
    if each.outcome != "rang" or call.ring_ms is None:
        return None
    rung_ms = (call.ended_us - call.began_us) // 1_000 - call.ring_ms
    return True if rung_ms >= UNANSWERED_MS else None
