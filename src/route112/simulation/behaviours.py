"""How a line of a PSAP behaves when it is called: a table of what it does, and when."""

import enum
from dataclasses import dataclass

BUSY = 486
UNAVAILABLE = 503
REASONS = {BUSY: 'Q.850;cause=17;text="User busy"', UNAVAILABLE: ""}
"""Reason header of a refusal, as a gateway would add it."""


class Behaviour(enum.Enum):
    """What the people (or the machine) at the other end do."""

    ANSWER = "answer"
    """Ring, then pick up."""
    BUSY = "busy"
    """486."""
    SILENT = "silent"
    """Nothing at all, as if the network were cut."""
    TRYING = "trying"
    """100, then nothing: a gateway that hangs."""
    RINGING = "ringing"
    """Ring, and nobody picks up."""
    NO_AUDIO = "no-audio"
    """Ring and pick up, but nothing is heard."""
    UNAVAILABLE = "unavailable"
    """503."""


class Act(enum.Enum):
    """One thing that a line does."""

    TRYING = "trying"
    RING = "ring"
    ANSWER = "answer"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Move:
    """An act, seconds after the INVITE came."""

    after_s: float
    act: Act
    status: int = 0
    """Of a refusal."""


def list_moves(behaviour: Behaviour, *, answer_after_s: float) -> tuple[Move, ...]:
    """List what a line does with a call, in order; silence is an empty list."""
    picks_up = (Move(0.0, Act.RING), Move(answer_after_s, Act.ANSWER))
    return {
        Behaviour.ANSWER: picks_up,
        Behaviour.NO_AUDIO: picks_up,
        Behaviour.RINGING: (Move(0.0, Act.RING),),
        Behaviour.TRYING: (Move(0.0, Act.TRYING),),
        Behaviour.SILENT: (),
        Behaviour.BUSY: (Move(0.0, Act.REFUSE, BUSY),),
        Behaviour.UNAVAILABLE: (Move(0.0, Act.REFUSE, UNAVAILABLE),),
    }[behaviour]
