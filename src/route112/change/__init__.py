"""
Changes with fear built in, orders without delay: the two ways into the platform, and no third.

Sans-I/O and event-sourced. A person's wish (`ask`) is refused with a reason, or becomes events; so
does what stations report and gates measure (`decide_next`). Events are lines of a journal
(`journal`) before anything is done because of them, and `apply` makes the state of them: a planner
that is killed anywhere reads its journal and goes on. What is to be done outside (`Command`) is
derived from the state anew each time until facts show that it is done, so that nothing depends on
its having been said once.

Ideas, one module each:

- `publishing`: each station is *assigned* a candidate, and wants the newest generation that holds
  this candidate and all orders in force. Which generations to make, and who wants which, follows.
- `steps`: a *change* takes stations one by one through a table of steps, the canary first; the
  gate (`gate`) compares. It holds while an alarm is open, and what fails turns back: stations are
  assigned the candidate of before, which is a new generation with the orders of now.
- `orders` are in no change: whoever gives one changes what every generation has to hold, so that
  each station gets it on the candidate that it has. `ordering` says what one has to be like.
- `holding`: a station that has what was never given out gets nothing more, until people adopt what
  it serves, or activate a plan.
- `restoring`: a journal that came out of a backup does not know what happened behind it, so that
  its planner learns from stations where the count goes on before it gives any number.

What reaches stations is `replication`'s matter; who may wish what is `access`'s.
"""

from route112.change.applying import apply, replay
from route112.change.asking import ask
from route112.change.deciding import Decision, decide_next
from route112.change.facts import (
    Built,
    Facts,
    GateMeasures,
    LoadProof,
    Probing,
    StationFact,
    Trial,
)
from route112.change.journal import JOURNAL, Journal, parse_journal, render_event
from route112.change.restoring import adopt
from route112.change.values import Change, Generation, Kind, Outcome, State, Step

__all__ = [
    "JOURNAL",
    "Built",
    "Change",
    "Decision",
    "Facts",
    "GateMeasures",
    "Generation",
    "Journal",
    "Kind",
    "LoadProof",
    "Outcome",
    "Probing",
    "State",
    "StationFact",
    "Step",
    "Trial",
    "adopt",
    "apply",
    "ask",
    "decide_next",
    "parse_journal",
    "render_event",
    "replay",
]
