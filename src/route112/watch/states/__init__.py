"""
Element, service and queue states, in the words of NENA i3, out of signs: calls, OPTIONS, tests.

One failure says nothing. A thing's state changes for the worse after RUN_SIGNS signs of the same
kind with nothing better between them, RUN_SPAN_US or more apart; it is Normal again with the first
good sign that is younger than all of them.

A silent thing is tried last (`routing`), so that hardly a call tells when it is back. Therefore it
is held for HOLD_US and then offered for trial: one call of each site goes there first, as if
nothing were measured. Good: its calls come back. Silent: it is held twice as long, up to
HOLD_US_MAX. So whoever was silent for a while gets its calls back after about as long again, and
whoever comes and goes is tried ever more rarely instead of flapping: how long it was held is
forgotten when it has been well for CALM_US.

An answer to OPTIONS is no answer to a call: what calls say it cannot take back, it only brings the
first trial forward. No answer says something of those alone who have given one before.

`signs` reads calls, `tracks` keeps what is known of each thing.
"""

from route112.watch.states.signs import Sign, Verdict
from route112.watch.states.tracks import StateWatch

__all__ = ["Sign", "StateWatch", "Verdict"]
