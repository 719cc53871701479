"""
Who really answered a caller, and which rings were for nobody.

A PSAP that picked up has answered nobody when its 200 was lost: the call went on, somebody else
picked up, and it is this one whom the caller talks to. The caller knows, where the answering end
names itself in its Contact (`CallerLine.answered_by`). Where it does not, every line that had
picked up by the time the caller heard an answer may have been the one.
"""

from collections.abc import Iterable

from route112.simulation.logs import CallerLine, PsapLine

ANSWERED = 200


def was_answered(line: CallerLine) -> bool:
    """Tell whether the caller heard somebody pick up."""
    return line.status == ANSWERED and line.answered_us is not None


def find_answers(line: CallerLine, rings: Iterable[PsapLine]) -> tuple[PsapLine, ...]:
    """
    List the rings that may be the one that answered the caller; none where it was not answered.

    Both logs have one wall clock: an answer that was given after it was heard is not the one. Of
    clocks nothing is asked where the caller knows who answered.
    """
    if not was_answered(line):
        return ()
    given = [ring for ring in rings if ring.answered_us is not None]
    if line.answered_by:
        return tuple(ring for ring in given if ring.number == line.answered_by)
    heard_us = line.answered_us or 0
    return tuple(ring for ring in given if (ring.answered_us or 0) <= heard_us)


def find_ghosts(
    line: CallerLine | None, answer: PsapLine | None, rings: Iterable[PsapLine]
) -> tuple[str, ...]:
    """
    List the numbers that rang for nobody, in order; `answer` is the ring that the caller got.

    A ghost was picked up without the caller at the other end, or began to ring only when the
    caller had been answered elsewhere or had given up.
    """
    over_us = None
    if line is not None:
        over_us = line.answered_us if was_answered(line) else line.ended_us
    return tuple(
        sorted(
            ring.number
            for ring in rings
            if ring is not answer
            and (ring.answered_us is not None or (over_us is not None and ring.rang_us > over_us))
        )
    )
