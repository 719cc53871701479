"""
Decide where a call goes: pure, total, standard library only.

A decision is made in five steps, one module each; `memory` keeps what they find:

1. `places` finds what the call asks for: short number, commune, route, departement. Whatever is
   missing or unknown is replaced (default number, the operator's default commune, departement,
   country) and leaves a reason.
2. `variants` chooses among the variants of a split route, by local time and by area.
3. `orders` knows which orders are in force. Time is cut into *periods* in which nothing starts
   or expires, so that this is worked out once per period and not once per call.
4. `prospects` lists the lines to try: lines that orders name, the plan's lines, neighbours,
   the departement's default, the national default. No line twice.
5. `ranking` puts lines of PSAPs measured down behind the others and lines of paused PSAPs behind
   those, takes the first TARGETS_MAX, and tells the story: trace and degraded reasons.

Steps 3 to 5 depend on the call through a small key only, so their result is kept. What is kept
never changes an answer: `decide` gives equal results for equal arguments.

Before that, `dialect` reads the call out of a message by the profile of the operator that sent it.
`notation` renders a decision on one line; everything on it comes from the trace. `sources` finds
the rows of the delivered files that an answer comes from.
"""

from route112.routing.decide import decide
from route112.routing.dialect import ReadCall, read_call
from route112.routing.notation import render_decision
from route112.routing.sources import list_sources

__all__ = ["ReadCall", "decide", "list_sources", "read_call", "render_decision"]
