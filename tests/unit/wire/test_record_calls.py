"""Lines of a call become one outcome and one failing party, by the table of the norm."""

import re
from pathlib import Path

import pytest

from route112.wire import record_calls
from route112.wire.record_calls import (
    ENDED_KEPT_MAX,
    OPEN_SECONDS,
    ORIGIN_CODES,
    PATIENCE_MS,
    PSAP_CODES,
    RECORDS_PER_CALL_MAX,
    SITE_CODES,
    join_calls,
    read_number,
)
from route112.wire.record_lines import Record, parse_line

DOCUMENT = (Path(__file__).parents[3] / "docs" / "formats" / "records.md").read_text()
TRY = "R1 try n=1 psap=CRRA15-29 number=+33261910029 hop=127.0.4.1:5060"


def join(*lines, call="a@h"):
    texts = [
        line.replace("R1 ", "R1 ", 1) + f" t={index} call={call}"
        for index, line in enumerate(lines, 1)
    ]
    return list(join_calls(parse_line(text.encode()) for text in texts))


def party(*lines):
    (call,) = join("R1 attempt by=python", *lines)
    return call.party


def failed(cause, code="", via="ip", n=1):
    return f"R1 failed n={n} cause={cause} code={code} via={via}"


FAILED = "R1 end outcome=failed code=503 ms=900"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([failed("timeout", "408")], "carrier"),
        ([failed("timeout", "408", "rtc")], "joint"),
        ([failed("transport")], "carrier"),
        ([failed("transport", via="rtc")], "joint"),
        (["R1 ring n=1", failed("timeout", "408")], "psap"),
        (["R1 ring n=1", failed("timeout", "408", "rtc")], "psap"),
        (["R1 ring n=2", failed("timeout", "408")], "carrier"),
        ([failed("reply", "486")], "psap"),
        ([failed("reply", "502", "rtc")], "psap"),
        ([failed("reply", "502")], "carrier"),
        ([failed("reply", "488")], "origin"),
        ([failed("reply", "403")], "site"),
        ([failed("reply", "404")], "carrier"),
        ([failed("reply", "503", "rtc")], "joint"),
        ([failed("reply", "486", n=2), failed("timeout", n=1)], "carrier"),
        ([failed("reply", "486", n="x")], "psap"),
        ([], "site"),
    ],
)
def test_the_party_of_a_failed_call_is_that_of_its_first_try(lines, expected):
    assert party(*lines, FAILED) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([f"R1 end outcome=cancelled code=487 ms={PATIENCE_MS - 1}"], ""),
        (["R1 ring n=1", "R1 end outcome=cancelled ms=15000"], ""),
        ([TRY, f"R1 end outcome=cancelled code=487 ms={PATIENCE_MS}"], "carrier"),
        ([TRY + " via=rtc", "R1 end outcome=cancelled ms=9000"], "joint"),
        ([failed("reply", "486"), TRY, "R1 end outcome=cancelled ms=9000"], "psap"),
        (["R1 end outcome=cancelled ms="], "site"),
        (["R1 end outcome=answered code=200 ms=1"], ""),
        (["R1 end outcome=failed party=edge"], "edge"),
        ([], ""),
    ],
)
def test_a_caller_who_gives_up_soon_was_not_failed(lines, expected):
    assert party(*lines) == expected


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("unknown-source", "origin"),
        ("malformed", "origin"),
        ("too-large", "origin"),
        ("test-call", ""),
        ("shed", "site"),
    ],
)
def test_a_refused_call(reason, expected):
    (call,) = join(f"R1 refused reason={reason} op=ecume")
    assert (call.outcome, call.party, call.is_closed) == ("refused", expected, True)


@pytest.mark.parametrize(
    ("codes", "name"), [(PSAP_CODES, "psap"), (ORIGIN_CODES, "origin"), (SITE_CODES, "site")]
)
def test_the_codes_are_those_of_the_document(codes, name):
    rows = re.findall(r"^\| `code` ([0-9 ]+)[^|]*\| `(\w+)` \|$", DOCUMENT, re.MULTILINE)
    listed = [set(text.split()) for text, who in rows if who == name]
    assert listed[0] == codes
    assert f"{PATIENCE_MS // 1000} s (`PATIENCE_MS`)" in DOCUMENT
    assert f"{OPEN_SECONDS} s has the outcome **unknown** (`OPEN_SECONDS`)" in DOCUMENT


def test_calls_come_at_their_end_and_open_ones_last():
    lines = [
        b"R1 attempt t=1 call=a by=python",
        b"R1 attempt t=2 call=b by=python",
        b"R1 decision t=3 call=b targets=P-1/+1/primary,P-2/+2/secondary",
        b"R1 try t=3 call=b psap=P-1",
        b"R1 site t=4 event=start",
        b"R1 end t=5 call=b outcome=answered psap=P-3",
    ]
    ended, still_open = join_calls(parse_line(line) for line in lines)
    assert (ended.call, ended.outcome, ended.began_us) == ("b", "answered", 2)
    assert ended.psaps == {"P-1", "P-2", "P-3"}
    assert (still_open.call, still_open.outcome, still_open.party) == ("a", "unknown", "")


def test_a_second_attempt_by_the_same_engine_is_another_call():
    first, second = join("R1 attempt by=python", "R1 attempt by=python", "R1 end outcome=answered")
    assert (first.outcome, second.outcome) == ("unknown", "answered")


def test_the_native_route_takes_a_call_over():
    (call,) = join("R1 attempt by=python", "R1 attempt by=native", "R1 end outcome=answered")
    assert len(call.list_kind("attempt")) == 2


@pytest.mark.parametrize("text", ["9" * 20, "9" * 5_000, "\u0661", "-1", ""])
def test_a_number_that_nobody_can_mean_is_none(text):
    assert read_number(text) is None
    fields = {"call": "c", "by": "python", "n": text, "ms": text, "via": "ip"}
    kinds = (("attempt", {}), ("failed", {"cause": "timeout"}), ("failed", {"cause": "timeout"}),
             ("end", {"outcome": "cancelled"}))  # fmt: skip
    records = [Record(kind, {**fields, **more}, at) for at, (kind, more) in enumerate(kinds)]
    (call,) = join_calls(records)
    assert call.party == "carrier", "who waited so long was failed"


def test_late_lines_of_an_ended_call_are_no_call():
    calls = join(
        "R1 attempt by=native", "R1 end outcome=answered", "R1 failed n=1", "R1 end outcome=x"
    )
    assert [call.outcome for call in calls] == ["answered"]


def test_a_call_id_may_come_again():
    calls = join("R1 attempt by=native", "R1 end outcome=failed", "R1 attempt by=native")
    assert [call.outcome for call in calls] == ["failed", "unknown"]


def test_a_flood_of_lines_of_one_call_is_bounded_and_its_end_counts():
    flood = ["R1 attempt by=native"] + ["R1 failed n=1"] * (2 * RECORDS_PER_CALL_MAX)
    (call,) = join(*flood, "R1 end outcome=failed")
    assert len(call.records) == RECORDS_PER_CALL_MAX + 1
    assert call.outcome == "failed"


def test_ended_calls_are_forgotten_at_last(monkeypatch):
    monkeypatch.setattr(record_calls, "ENDED_KEPT_MAX", 10)
    assert ENDED_KEPT_MAX == 10_000
    lines = [f"R1 end t=1 call={index} outcome=failed" for index in range(30)]
    late = "R1 failed t=2 call=0 n=1"
    calls = list(join_calls(parse_line(line.encode()) for line in [*lines, late]))
    assert (len(calls), calls[-1].outcome) == (31, "unknown")
