"""Calls as watch sees them, for tests of what is made of them."""

from route112.watch.values import SeenCall, SeenTry

T0 = 1_795_000_000_000_000
S = 1_000_000
CALLER = "+33639981234"


def see(call="c1", at_s=0.0, *, lasts_s=5.0, outcome="failed", **values):
    """Return a call that failed, unless told otherwise."""
    began_us = T0 + int(at_s * S)
    usual = {
        "call": call,
        "began_us": began_us,
        "ended_us": began_us + int(lasts_s * S),
        "number": "15",
        "is_test": False,
        "operator": "bruyere",
        "technology": "mobile",
        "commune": "29019",
        "caller": CALLER,
        "edge": "bruyere-edge-1",
        "site": "site-1",
        "passed": ("site-1",),
        "psap": "A",
        "reached": "",
        "tries": (),
        "degraded": "",
        "generation": 1,
        "outcome": outcome,
        "party": "psap" if outcome == "failed" else "",
        "code": 480,
    }
    return SeenCall(**{**usual, **values})


def see_try(psap="A", *, outcome="answered", station="site-1", hop="", **values):
    """Return a try of a PSAP over a hop of its own, unless told otherwise."""
    usual = {"number": "+33199000010", "via": "ip", "hop": hop or f"hop-{psap}:5060"}
    return SeenTry(psap=psap, outcome=outcome, station=station, **{**usual, **values})
