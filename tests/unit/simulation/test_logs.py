"""What both ends write down is read as it was written."""

import pytest

from route112.simulation.logs import (
    CallerLine,
    LogError,
    PsapLine,
    parse_callers,
    parse_psaps,
    render_line,
)

CALLER = CallerLine(call_id="a", dialled="15", placed_us=5, caller="+999000001")
PSAP = PsapLine(call_id="a", number="+33261910015", rang_us=6, answered_us=7, status=200)


def test_a_log_comes_back_and_empty_lines_are_nothing():
    assert parse_callers(render_line(CALLER) * 2 + b"\n") == (CALLER, CALLER)
    assert parse_psaps(render_line(PSAP)) == (PSAP,)


def test_the_line_has_the_names_that_every_figure_uses():
    assert render_line(PSAP) == (
        b'{"call_id":"a","number":"+33261910015","listen":"","rang_us":6,'
        b'"answered_us":7,"status":200,"behaviour":""}\n'
    )


@pytest.mark.parametrize("line", [b"{}", b"[]", b"nonsense", b'{"call_id":1}', b"\xff"])
def test_a_line_that_is_none_is_named(line):
    with pytest.raises(LogError, match="line 2: "):
        parse_callers(render_line(CALLER) + line)


def test_the_number_of_lines_is_bounded(monkeypatch):
    monkeypatch.setattr("route112.simulation.logs.LINES_MAX", 2)
    assert len(parse_psaps(render_line(PSAP) * 2)) == 2
    with pytest.raises(LogError, match="more than 2 lines"):
        parse_psaps(render_line(PSAP) * 3)
