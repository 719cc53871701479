"""The checker against the words of every figure, written out plainly."""

from hypothesis import given, settings
from hypothesis import strategies as st

from route112.simulation.checker import Expectation, judge
from route112.simulation.logs import CallerLine, PsapLine

NUMBERS = ("+33261910015", "+33261910056", "+33199000010")
HALF_US = 500_000
BADNESS = ("right", "delayed", "misrouted", "lost")
TIMES = st.integers(0, 40).map(lambda half: half * HALF_US)
LONG = st.integers(0, 50).map(lambda half: half * HALF_US)
INTERVALS = st.lists(st.tuples(TIMES, TIMES), max_size=3)


@st.composite
def calls(draw):
    return CallerLine(
        call_id=draw(st.sampled_from("abc")),
        dialled="15",
        placed_us=draw(st.sampled_from([0, 0, 0, HALF_US])),
        ringing_us=draw(st.none() | LONG),
        answered_us=draw(st.none() | LONG),
        answered_by=draw(st.sampled_from(["", *NUMBERS])),
        ended_us=draw(st.none() | LONG),
        status=draw(st.sampled_from([0, 200, 200, 200, 503])),
        caller=draw(st.sampled_from(["+999000001", "+999000001", "+999000002"])),
    )


@st.composite
def rings(draw):
    return PsapLine(
        call_id=draw(st.sampled_from("abcz")),
        number=draw(st.sampled_from(NUMBERS)),
        rang_us=draw(TIMES),
        answered_us=draw(st.none() | TIMES),
    )


def reached(intervals, from_us, until_us):
    """Look at every half second: could it be reached at each of them?"""
    if intervals is None:
        return True
    return all(
        any(start <= at < end for start, end in intervals)
        for at in range(from_us, max(from_us, until_us) + 1, HALF_US)
    )


def say_of(ring, line, expected, reachable):
    """Say the word for a caller who talks to this line."""
    for number in expected:
        if number == ring.number:
            break
        if reached(reachable.get(number), line.placed_us, ring.rang_us):
            return "misrouted"
    if ring.number not in expected:
        return "lost"
    heard = min(at for at in (line.ringing_us, line.answered_us) if at is not None)
    waited = heard - line.placed_us
    if waited > 20_000_000:
        return "lost"
    return "delayed" if waited > 1_000_000 + 500_000 else "right"


def say(line, answers, targets, reachable):
    """Say the word for a call and how many of its rings were picked up for nobody."""
    if line.status != 200 or line.answered_us is None:
        return "lost", len(answers)
    if line.answered_by:
        talked = [ring for ring in answers if ring.number == line.answered_by]
    else:
        talked = [ring for ring in answers if ring.answered_us <= line.answered_us]
    if not talked:
        return "lost", len(answers)
    if line.call_id not in targets:
        return "lost", len(answers) - 1
    words = [say_of(ring, line, targets[line.call_id], reachable) for ring in talked]
    return max(words, key=BADNESS.index), len(answers) - 1


def judge_slowly(callers, psaps, targets, reachable):
    """Return the words of each Call-ID, and the number of ghosts."""
    said, ghosts = {}, 0
    for call_id in {line.call_id for line in callers} | set(targets):
        lines = {line for line in callers if line.call_id == call_id}
        places = {(line.placed_us, line.caller) for line in lines}
        mine = {ring for ring in psaps if ring.call_id == call_id}
        if len(places) > 1:
            said[call_id] = ["lost"] * len(places)
            continue
        answers = [ring for ring in mine if ring.answered_us is not None]
        if len(lines) == 1:
            [line] = lines
            word, picked_up = say(line, answers, targets, reachable)
            talks = line.status == 200 and line.answered_us is not None
            over_us = line.answered_us if talks else line.ended_us
        else:
            word, picked_up = "lost", len(answers)
            first = min(lines, key=lambda one: (one.placed_us, one.status), default=None)
            over_us = None
            if first is not None:
                talks = first.status == 200 and first.answered_us is not None
                over_us = first.answered_us if talks else first.ended_us
        said[call_id] = [word]
        ghosts += picked_up
        if over_us is not None:
            ghosts += sum(ring.answered_us is None and ring.rang_us > over_us for ring in mine)
    return said, ghosts


@settings(max_examples=1_000)
@given(
    st.lists(calls(), max_size=4),
    st.lists(rings(), max_size=6),
    st.dictionaries(
        st.sampled_from("abc"), st.lists(st.sampled_from(NUMBERS[:2]), unique=True), max_size=3
    ),
    st.dictionaries(st.sampled_from(NUMBERS), INTERVALS, max_size=3),
)
def test_the_checker_says_what_the_words_say(callers, psaps, targets, reachable):
    judgement = judge(
        callers,
        psaps,
        Expectation(targets=targets, reachable=reachable),
        baseline_median_ms=1_000.0,
    )
    said = {}
    for found in judgement.verdicts:
        said.setdefault(found.call_id, []).append(found.verdict.value)
    wanted, ghosts = judge_slowly(callers, psaps, targets, reachable)
    assert said == wanted
    assert judgement.ghosts == ghosts
    assert judgement.placed == judgement.right + judgement.misrouted + judgement.lost
    assert judgement.placed == sum(map(len, wanted.values()))
    assert judgement.strangers == tuple(
        sorted({ring.call_id for ring in psaps if ring.answered_us is not None} - wanted.keys())
    )
