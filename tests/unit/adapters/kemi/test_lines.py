"""Attempts as the configuration reads them, and three lines of a record in one write."""

from dataclasses import replace

import pytest

from route112.adapters.kemi.lines import (
    ANSWERS_KEPT_MAX,
    Answers,
    Mark,
    Origin,
    render_answer,
    render_attempt,
    render_records,
)
from route112.model import Call, Hop, Operator, RouteDecision, Target
from route112.routing.dialect import ReadCall
from route112.routing.ranking import HOPS_TRIED_MAX, TARGETS_TRIED
from route112.wire.record_lines import parse_line

IP_HOP = Hop(
    address="127.0.4.1:5060", transport="udp", technology="ip", vendor="alder", capacity_calls=9
)
RTC_HOP = Hop(
    address="127.0.5.1:5060", transport="tcp", technology="rtc", vendor="birch", capacity_calls=9
)
OPERATOR = Operator(id="bruyere", name="B", technologies=("mobile",), default_commune="")


def make_target(psap="CRRA15-29", number="+33261910015", hops=(IP_HOP,)):
    return Target(
        psap=psap,
        number=number,
        rule="primary",
        trunk="armor/ip/",
        hops=hops,
        ring_time_s=30,
        capacity_calls=12,
    )


def make_decision(*targets, degraded=None, in_one_pass=TARGETS_TRIED):
    return RouteDecision(
        targets=targets or (make_target(),),
        trace=("plan",),
        degraded=degraded,
        generation=42,
        in_one_pass=in_one_pass,
    )


def test_an_attempt_is_one_text():
    text = render_attempt(make_target(), RTC_HOP, is_last=False)
    assert text == "+33261910015|127.0.5.1:5060|tcp|6000|30000|CRRA15-29|12"


def test_the_last_target_is_rung_whatever_its_capacity():
    assert render_attempt(make_target(), IP_HOP, is_last=True).endswith("|CRRA15-29|0")
    attempts = render_answer(make_decision(make_target(hops=(IP_HOP, RTC_HOP)))).attempts
    assert [attempt.rpartition("|")[2] for attempt in attempts] == ["0", "0"]
    attempts = render_answer(make_decision(*(make_target() for _ in range(3)))).attempts
    assert [attempt.rpartition("|")[2] for attempt in attempts] == ["12", "12", "0"]


def test_targets_and_hops_are_bounded():
    targets = [make_target(psap=f"P-{n}", hops=(IP_HOP, RTC_HOP, IP_HOP)) for n in range(4)]
    attempts = render_answer(make_decision(*targets)).attempts
    assert [attempt.split("|")[5] for attempt in attempts] == [
        f"P-{n}" for n in range(TARGETS_TRIED) for _ in range(HOPS_TRIED_MAX)
    ]


@pytest.mark.parametrize("rung", [1, 3, 4])
def test_a_pass_ends_where_the_decision_says(rung):
    targets = [make_target(psap=psap) for psap in "ABCD"]
    attempts = render_answer(make_decision(*targets, in_one_pass=rung)).attempts
    assert "".join(attempt.split("|")[5] for attempt in attempts) == "ABCD"[:rung]
    assert [attempt.rpartition("|")[2] for attempt in attempts] == ["12"] * (rung - 1) + ["0"]


def render(origin, decision, caller="+33639980001"):
    call = Call(dialled="15", commune="29019", operator="bruyere", technology="mobile")
    read = ReadCall(call=call, operator=OPERATOR, caller=caller)
    mark = Mark("site-3", "abc")
    lines = render_records(
        *(mark, origin, read, render_answer(decision)), now=1_795_000_000_000_000, elapsed_ms=0.3
    )
    return [parse_line(line, key="abc") for line in lines.splitlines(keepends=True)]


def test_the_record_says_who_called_what_was_decided_and_what_is_rung():
    origin = Origin("a=b 1@127.0.2.1", "", "[::1]:5060", "udp")
    decision = make_decision(make_target(hops=(RTC_HOP,)), make_target("P-2", "+33261910016"))
    attempt, decided, tried = render(origin, decision)
    assert (attempt.kind, decided.kind, tried.kind) == ("attempt", "decision", "try")
    assert {record.call for record in (attempt, decided, tried)} == {"a=b 1@127.0.2.1"}
    assert attempt.get("src") == "[::1]:5060"
    assert attempt.get("caller") == "+33639980001"
    assert decided.get("targets") == "CRRA15-29/+33261910015/primary,P-2/+33261910016/primary"
    assert decided.get("trace") == "15 @29019 bruyere/mobile -> plan [g42 site-3 0.3ms]"
    assert "33639980001" not in decided.get("trace")
    assert (decided.get("g"), decided.get("degraded")) == ("42", "")
    assert (tried.get("n"), tried.get("hop"), tried.get("via")) == ("1", "127.0.5.1:5060", "rtc")
    assert attempt.time_us == 1_795_000_000_000_000


def test_a_call_id_that_is_no_text_is_on_record_in_hexadecimal():
    attempt, *_ = render(Origin("", "c3a9", "127.0.2.1:5060", "tcp"), make_decision())
    assert attempt.call == "é"
    assert attempt.get("callx") == "c3a9"


def test_why_a_decision_is_degraded_is_on_record():
    decided = render(Origin("a", "", "b:1", "udp"), make_decision(degraded="no-commune"))[1]
    assert decided.get("degraded") == "no-commune"


def test_a_line_fits_whatever_the_call_is_called():
    attempt, decided, tried = render(Origin("\u20ac" * 4_000, "", "b:1", "udp"), make_decision())
    assert {record.kind for record in (attempt, decided, tried)} == {"attempt", "decision", "try"}
    assert attempt.call.startswith("\u20ac" * 50)
    assert tried.get("psap") == "CRRA15-29"


def test_an_answer_is_rendered_once():
    answers, decision = Answers(), make_decision()
    assert answers.find(decision) is answers.find(decision)
    assert answers.find(make_decision(make_target(psap="P-2"))).attempts[0].endswith("|P-2|0")


def test_answers_of_an_older_generation_are_given_up():
    answers, decision = Answers(), make_decision()
    first = answers.find(decision)
    answers.find(replace(decision, generation=43))
    assert answers.find(decision) is not first


def test_no_more_answers_are_kept_than_named():
    answers, decision = Answers(), make_decision()
    first = answers.find(decision)
    for _ in range(ANSWERS_KEPT_MAX):
        answers.find(make_decision())
    assert answers.find(decision) is not first
