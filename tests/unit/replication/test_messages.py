from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from route112.replication import (
    NOTHING,
    AtGate,
    Refused,
    Report,
    Wanted,
    parse_report,
    parse_wanted,
    render_report,
    render_wanted,
)
from route112.replication.messages import FLAW_CHARS_MAX, MESSAGE_BYTES_MAX
from route112.replication.values import GENERATION_MAX

A = "a" * 64
REPORT = Report(
    station="site-1",
    number=7,
    content_hash=A,
    refused=Refused(8, A, "malformed"),
    version="1.2-rc1+a",
    serving=False,
    calls=12,
)


@pytest.mark.parametrize("wanted", [NOTHING, Wanted(7, A, 12), Wanted(GENERATION_MAX, A, 0)])
@pytest.mark.parametrize("at_gate", [False, True])
def test_what_is_wanted_is_read_as_it_was_written(wanted, at_gate):
    read = parse_wanted(render_wanted(replace(wanted, at_gate=at_gate)))
    assert (read, read.at_gate) == (wanted, at_gate)


AT_GATE = AtGate(status=503, differences=12, flaw="ValueError: a b")


@pytest.mark.parametrize(
    "report",
    [
        REPORT,
        Report(station="e", number=0, content_hash=""),
        replace(REPORT, at_gate=AT_GATE),
        replace(REPORT, at_gate=AtGate()),
        replace(REPORT, at_gate=AtGate(status=0, differences=0)),
    ],
)
def test_a_report_is_read_as_it_was_written(report):
    assert parse_report(render_report(report)) == report


def test_both_are_lines_that_people_can_read():
    assert render_wanted(Wanted(7, A, 12)) == f"R1 wanted t=0 g=7 hash={A} size=12\n".encode()
    assert render_report(REPORT).startswith(b"R1 report t=0 station=site-1 g=7 hash=aaaa")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        render_wanted(NOTHING)[:-1],
        render_report(REPORT),
        render_wanted(Wanted(0, A)),
        render_wanted(Wanted(7, "")),
        render_wanted(Wanted(7, "A" * 64)),
        render_wanted(Wanted(7, A, GENERATION_MAX + 1)),
        render_wanted(Wanted(GENERATION_MAX + 1, A)),
        render_wanted(Wanted(7, A)).replace(b"g=7", b"g=-7"),
        render_wanted(Wanted(7, A)).replace(b" g=7", b""),
        render_wanted(Wanted(7, A)).replace(b"t=0", b"t=0 x=" + b"y" * MESSAGE_BYTES_MAX),
    ],
)
def test_anything_else_is_nothing(content):
    assert parse_wanted(content) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"R1 report", b"R1 wanted"),
        (b"station=site-1", b"station=../site"),
        (b"g=7", b"g=seven"),
        (b"serving=0", b"serving=2"),
        (b"calls=12", b"calls=99999999"),
        (b"calls=12", b"calls="),
        (b"version=1.2-rc1+a", b"version=1%202"),
        (b"refused=8", b"refused=0"),
        (b"refused=8", b"refused=x"),
        (b"refused_reason=malformed", b"refused_reason="),
        (b"hash=aa", b"hash=a"),
        (b"refused_hash=aa", b"refused_hash=a"),
        (b"g=7", b"g=0"),
    ],
)
def test_a_report_that_says_nonsense_is_none(old, new):
    content = render_report(REPORT)
    assert old in content
    assert parse_report(content.replace(old, new, 1)) is None


@given(st.binary(max_size=300))
def test_reading_never_fails(content):
    assert parse_report(content) is None
    assert parse_wanted(content + b"\n") is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"options=503", b"options=700"),
        (b"options=503", b"options=ok"),
        (b"differences=12", b"differences=-1"),
        (b" differences=12", b""),
        (b"flaw=ValueError", b"flaw=%C3%A9"),
        (b"flaw=ValueError", b"flaw=%07"),
        (b"flaw=ValueError", b"flaw=" + b"x" * 200),
    ],
)
def test_a_gate_that_says_nonsense_is_no_report(old, new):
    content = render_report(replace(REPORT, at_gate=AT_GATE))
    assert old in content
    assert parse_report(content.replace(old, new, 1)) is None


def test_a_long_flaw_is_cut():
    report = replace(REPORT, at_gate=AtGate(flaw="\\" * 1_000))
    content = render_report(report)
    assert len(content) < MESSAGE_BYTES_MAX
    assert parse_report(content).at_gate.flaw == "\\" * FLAW_CHARS_MAX
