"""
Element, service and queue states, in the words of NENA i3, out of signs: calls, tests, OPTIONS.

One failure says nothing. A thing's state changes for the worse after RUN_SIGNS signs of the same
kind with nothing better between them, RUN_SPAN_US or more apart; it is Normal again with the first
good sign that is younger than all of them.

Each source speaks for itself, and none takes back what it cannot know: a caller's call that was
answered takes back everything, a test call what test calls and OPTIONS say, an answer to OPTIONS
what OPTIONS say. Audio is heard or missed by test calls alone.

A silent thing is tried last (`routing`), so that hardly a call tells when it is back. Therefore it
is held for HOLD_US and then offered for trial: a call goes there first, as if nothing were
measured. Good: its calls come back. Silent: it is held longer, up to TRIALS_HOLD_US_MAX. Who left
OPTIONS or test calls unanswered and answers them again is tried at once. Whoever comes and goes is
held twice as long each time, up to HOLD_US_MAX, instead of flapping: that is forgotten when it has
been well for CALM_US.

`signs` reads calls and what probers say of theirs, `voices` keeps what each source says of a
thing, `tracks` what is known of each thing, `asking` says whom to ask with OPTIONS. `standing` is
for detectors, and no state: whether one site alone gets no answers from an answering point.
"""

from route112.watch.states.asking import Asking
from route112.watch.states.signs import Sign, Verdict
from route112.watch.states.tracks import StateWatch

__all__ = ["Asking", "Sign", "StateWatch", "Verdict"]
