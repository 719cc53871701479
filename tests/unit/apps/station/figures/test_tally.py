"""What a station's records count up to."""

from route112.apps.station.figures import tally as module
from route112.apps.station.figures.tally import OTHER, WAY_OUT, Tally
from route112.wire.record_lines import cut_line, render_line


def piece(kind, **fields):
    (cut,) = cut_line(render_line(kind, {"t": 1, "site": "s", **fields}).encode())
    return cut


def count(*pieces):
    tally = Tally()
    tally.take(0, 1, pieces)
    return tally


def test_calls_are_counted_by_what_became_of_them():
    tally = count(
        piece("attempt", call="a", by="python"),
        piece("attempt", call="b", by="native"),
        piece("decision", call="a", by="python", g=1, degraded=""),
        piece("decision", call="b", by="native", g=1, degraded="native"),
        piece("try", call="a", n=1),
        piece("failed", call="a", n=1, cause="timeout"),
        piece("end", call="a", outcome="answered"),
        piece("end", call="b", outcome=""),
        piece("refused", call="c", reason="shed"),
        piece("raw", id="x", key="y"),
        piece("damaged", text="x"),
        b"R1 end t=1 site=s outcome=<null>",
        b"R1 end",
    )
    assert tally.attempts == {"python": 1, "native": 1}
    assert tally.degraded == {"native": 1}
    assert tally.tries_failed == {"timeout": 1}
    assert tally.ended == {"answered": 1, "none": 3}
    assert tally.refused == {"shed": 1}


def test_an_edge_counts_by_site_and_its_breakers_open_and_close():
    tally = count(
        piece("pass", n=1, to="site-1"),
        piece("returned", n=1, to="site-1", cause="timeout"),
        piece("site", event="breaker-open", to="site-1", hold=10),
        piece("site", event="breaker-open", to="site-2", hold=10),
        piece("site", event="breaker-closed", to="site-2"),
        piece("site", event="way-out-open", reason="three-silent"),
    )
    assert (tally.passed, tally.returned) == ({"site-1": 1}, {"site-1": 1})
    assert tally.events["breaker-open"] == 2
    assert tally.breakers == {"site-1": True, "site-2": False, WAY_OUT: True}


def test_what_was_read_before_counts_once():
    tally = Tally(since=100)
    tally.take(0, 150, [piece("end", outcome="answered")])
    assert tally.ended == {}
    tally.take(100, 200, [piece("end", outcome="answered")])
    tally.take(150, 200, [piece("end", outcome="answered")])
    assert tally.ended == {"answered": 1}


def test_values_are_bounded(monkeypatch):
    monkeypatch.setattr(module, "LABELS_MAX", 2)
    events = [piece("site", event="breaker-open", to=f"site-{number}") for number in range(4)]
    reasons = [piece("refused", reason=reason) for reason in ("a", "b", "c", "d", "a")]
    tally = count(*events, *reasons)
    assert tally.refused == {"a": 2, "b": 1, OTHER: 2}
    assert list(tally.breakers) == ["site-0", "site-1"]
