"""
The other ends of a call, and the truth about it.

Whoever claims that a call was right has to show it with what callers and PSAPs wrote down
themselves, never with records of our own. `logs` is what both write, one JSON line per call or
INVITE. `behaviours` is how a PSAP's line behaves: it answers, is busy, is silent. `checker` joins
both logs by Call-ID and counts right, delayed, misrouted and lost; it knows nothing of routing.
Who answered is asked of the caller (`answers`). `relay` is a bad wire between two ends. `sipp` has
the distribution's SIPp place and answer calls in bulk, and turns what it logs into the same lines,
so that one checker judges all.
"""
