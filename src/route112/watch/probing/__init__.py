"""
Test calls on every way that a call can take: which, how often, and what their failures say.

`paths` lists the ways: an edge, a site and the next hop of a trunk. `pace` says whose turn it is,
within a bound on calls per second; `verdict` says what one test call shows of the links that it
went over, and `watching` makes a finding of a link that keeps failing.

An answering point is never rung by a test call: behind an IP hop its test responder answers, at
most once in a quarter of an hour whatever the path; behind a gateway into the switched network the
gateway's own loop number does. A gateway without one is not tested, and is listed as such.
"""
