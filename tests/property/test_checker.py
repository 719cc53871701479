"""The checker against the four words, written out plainly."""

from hypothesis import given, settings
from hypothesis import strategies as st

from route112.simulation.checker import Expectation, judge
from route112.simulation.logs import CallerLine, PsapLine

NUMBERS = ("+33261910015", "+33261910056", "+33199000010")
TIMES = st.integers(0, 40).map(lambda half: half * 500_000)
INTERVALS = st.lists(st.tuples(TIMES, TIMES), max_size=3)


@st.composite
def calls(draw):
    call_id = draw(st.sampled_from("abc"))
    ringing = draw(st.none() | st.integers(0, 50).map(lambda half: half * 500_000))
    answered = draw(st.none() | st.integers(0, 50).map(lambda half: half * 500_000))
    return CallerLine(
        call_id=call_id,
        dialled="15",
        placed_us=0,
        ringing_us=ringing,
        answered_us=answered,
        status=draw(st.sampled_from([0, 200, 200, 200, 503])),
    )


@st.composite
def rings(draw):
    return PsapLine(
        call_id=draw(st.sampled_from("abcz")),
        number=draw(st.sampled_from(NUMBERS)),
        rang_us=draw(TIMES),
        answered_us=draw(st.none() | TIMES),
    )


def reached(intervals, until_us):
    """Look at every half second: could it be reached at each of them?"""
    if intervals is None:
        return True
    return all(
        any(start <= at < end for start, end in intervals)
        for at in range(0, until_us + 1, 500_000)
    )


def say(call_id, callers, psaps, targets, reachable):
    """Say the word for a call, by the sentences of the design and nothing cleverer."""
    lines = [line for line in set(callers) if line.call_id == call_id]
    answers = [r for r in psaps if r.call_id == call_id and r.answered_us is not None]
    if len(lines) != 1 or call_id not in targets or not answers:
        return "lost"
    [line] = lines
    if line.status != 200 or line.answered_us is None:
        return "lost"
    order = [*targets[call_id], *(n for n in NUMBERS if n not in targets[call_id])]
    first = min(r.answered_us for r in answers)
    ties = [r for r in answers if r.answered_us == first]
    expected = targets[call_id]

    def rank(ring):
        return expected.index(ring.number) if ring.number in expected else len(expected)

    worst = max(rank(r) for r in ties)
    candidates = [r for r in ties if rank(r) == worst]
    winner = min(candidates, key=lambda r: (r.number, r.rang_us))
    for number in order:
        if number == winner.number or number not in expected:
            break
        if reached(reachable.get(number), winner.rang_us):
            return "misrouted"
    if winner.number not in expected:
        return "lost"
    heard = min(at for at in (line.ringing_us, line.answered_us) if at is not None)
    if heard > 20_000_000:
        return "lost"
    return "delayed" if heard > 1_000_000 + 500_000 else "right"


@settings(max_examples=500)
@given(
    st.lists(calls(), max_size=5),
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
    said = {found.call_id: found.verdict.value for found in judgement.verdicts}
    wanted = {line.call_id for line in callers} | set(targets)
    assert said == {
        call_id: say(call_id, callers, psaps, targets, reachable) for call_id in wanted
    }
    assert judgement.placed == judgement.right + judgement.misrouted + judgement.lost
    assert judgement.strangers == tuple(
        sorted({r.call_id for r in psaps if r.answered_us is not None} - wanted)
    )
