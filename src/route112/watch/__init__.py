"""
What the records of all sites and edges say together, and when somebody has to be told. Sans I/O.

The way of a record: `Intake` lets each pass once; `Joiner` (`calls`) makes one `SeenCall` of
what edge and sites wrote about one attempt; `Measures` counts it in its series. `RateWatch`
compares what came with what is usual (`baseline`) by sequential tests (`cusum`): of places
that stopped calling (`drought`) and of callers who fail (`success`); `detectors` compare
otherwise, an element with its siblings above all; `probing` gives every path its turn of a
test call, and judges the links. `witnesses` say what is not seen while the records of a
station cannot be read. `upkeep` knows clocks that are wrong, and contacts and numbers that
nobody has confirmed. What they see is a `Finding`. `watching` feeds them all in the order of
time, knows what is open, and makes state that outlives the process.

Nothing here is in the path of a call, and nothing here reads a clock: time comes with the records
and with each tick, so that a replay on scenario time is watched by the same code.

Three rules:

- an attempt and a unique caller are never mixed, and test calls are in no series but their own;
- nothing is judged by an average: success is looked at per short number, operator, technology,
  site, path and destination, and each failure names a party;
- each series knows its floor: how soon it can tell at all, with at most one false alarm a week
  for the whole country.
"""

from route112.watch.calls.joining import Joiner
from route112.watch.intake import Intake
from route112.watch.values import SeenCall, SeenTry

__all__ = ["Intake", "Joiner", "SeenCall", "SeenTry"]
