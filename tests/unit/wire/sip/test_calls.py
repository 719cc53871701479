"""Calls from both ends over a wire that loses what the test wants: the ladders of RFC 3261."""

import pytest
from tests.support.sip_pair import ANSWER, Pair

from route112.wire.sip import Kind, Stage


@pytest.fixture(params=["udp", "tcp"])
def pair(request):
    return Pair(request.param)


def test_a_call_rings_is_answered_and_hung_up_by_the_caller(pair):
    pair.invite()
    pair.do(pair.line.progress)
    pair.do(pair.line.answer, ANSWER)
    pair.do(pair.call.bye)
    assert pair.take() == [
        "> INVITE",
        "< 180/INVITE",
        "< 200/INVITE",
        "> ACK",
        "> BYE",
        "< 200/BYE",
    ]
    assert pair.kinds(pair.caller) == [
        Kind.SENT,
        Kind.PROGRESS,
        Kind.ANSWERED,
        Kind.SENT,
        Kind.SENT,
        Kind.ENDED,
    ]
    assert pair.kinds(pair.callee) == [Kind.INCOMING, Kind.ACKED, Kind.ENDED]
    assert pair.call.stage is pair.line.stage is Stage.OVER
    assert pair.caller.calls == pair.callee.calls == {}


def test_the_callee_hangs_up(pair):
    pair.talk()
    pair.do(pair.line.bye)
    assert pair.take() == ["< BYE", "> 200/BYE"]
    assert pair.kinds(pair.caller)[-1] is Kind.ENDED
    pair.do(pair.call.bye)
    pair.do(pair.line.bye)
    assert pair.take() == []


def test_the_answer_is_repeated_until_its_ack_comes_over_any_transport(pair):
    lost = []
    pair.lose = lambda line: line == "> ACK" and len(lost) < 2 and not lost.append(line)
    pair.invite()
    pair.do(pair.line.answer, ANSWER)
    pair.pass_time(2.0)
    assert pair.take() == [
        "> INVITE",
        "< 200/INVITE",
        "> ACK lost",
        "< 200/INVITE",
        "> ACK lost",
        "< 200/INVITE",
        "> ACK",
    ]
    assert pair.kinds(pair.caller).count(Kind.ANSWERED) == 1
    assert pair.kinds(pair.callee).count(Kind.ACKED) == 1


def test_an_answer_that_nobody_acknowledges_is_hung_up_after_64_t1(pair):
    pair.invite()
    pair.lose = lambda line: line == "> ACK"
    pair.do(pair.line.answer, ANSWER)
    pair.pass_time(31.9)
    repeated = pair.take().count("< 200/INVITE")
    assert repeated == 11  # 0, 0.5, 1.5, 3.5, then each 4 s
    assert pair.line.stage is Stage.TALKING
    pair.pass_time(0.2)
    assert pair.take() == ["< BYE", "> 200/BYE"]
    assert Kind.FAILED in pair.kinds(pair.callee)


@pytest.mark.parametrize("end", ["call", "line"])
def test_either_end_changes_the_session(pair, end):
    pair.talk()
    arrow, back = (">", "<") if end == "call" else ("<", ">")
    who = getattr(pair, end)
    pair.do(who.reinvite)
    assert pair.take() == [f"{arrow} INVITE", f"{back} 200/INVITE", f"{arrow} ACK"]
    pair.do(who.update)
    assert pair.take() == [f"{arrow} UPDATE", f"{back} 200/UPDATE"]
    pair.do(who.bye)
    assert pair.take() == [f"{arrow} BYE", f"{back} 200/BYE"]


def test_two_reinvites_that_cross_are_both_refused_with_491(pair):
    pair.talk()
    pair.call.reinvite(pair.now_s)
    pair.do(pair.line.reinvite)
    assert sorted(pair.take()) == sorted(
        ["> INVITE", "< INVITE", "< 491/INVITE", "> 491/INVITE", "> ACK", "< ACK"]
    )
    pair.do(pair.call.reinvite)
    assert pair.take() == ["> INVITE", "< 200/INVITE", "> ACK"]


def test_a_cancelled_call_ends_with_487(pair):
    pair.invite()
    pair.do(pair.line.progress)
    pair.take()
    pair.do(pair.call.cancel)
    pair.do(pair.call.cancel)
    assert pair.take() == ["> CANCEL", "< 200/CANCEL", "< 487/INVITE", "> ACK"]
    assert pair.kinds(pair.callee)[-1] is Kind.CANCELLED
    assert pair.kinds(pair.caller)[-1] is Kind.REFUSED
    assert pair.line.status == 487


def test_cancel_waits_for_the_first_response(pair):
    pair.invite()
    pair.do(pair.call.cancel)
    assert pair.take() == ["> INVITE"]
    pair.do(pair.line.progress, 100)
    assert pair.take() == ["< 100/INVITE", "> CANCEL", "< 200/CANCEL", "< 487/INVITE", "> ACK"]


def test_an_answer_that_crosses_the_cancel_is_acknowledged_and_hung_up(pair):
    pair.invite()
    pair.do(pair.call.cancel)
    pair.do(pair.line.answer, ANSWER)
    assert pair.take() == ["> INVITE", "< 200/INVITE", "> ACK", "> BYE", "< 200/BYE"]


def test_a_cancel_that_nobody_answers_ends_the_call():
    pair = Pair("tcp")
    pair.invite()
    pair.do(pair.line.progress)
    pair.do(pair.line.mute)
    pair.do(pair.call.cancel)
    pair.pass_time(33)
    assert pair.kinds(pair.caller)[-1] is Kind.FAILED


def test_a_provisional_response_is_acknowledged_by_prack_when_the_caller_requires_it(pair):
    pair.invite(headers=[("Require", "100rel")])
    assert pair.line.wants_reliable
    pair.do(pair.line.progress)
    assert pair.take() == ["> INVITE", "< 180/INVITE", "> PRACK", "< 200/PRACK"]
    pair.pass_time(5)
    pair.do(pair.line.answer, ANSWER)
    assert pair.take() == ["< 200/INVITE", "> ACK"]


def test_a_reliable_response_is_repeated_until_prack_and_then_the_call_is_refused(pair):
    pair.lose = lambda line: line == "> PRACK"
    pair.invite(headers=[("Require", "100rel")])
    pair.do(pair.line.progress)
    pair.pass_time(31)
    assert pair.take().count("< 180/INVITE") > 5
    pair.pass_time(2)
    assert pair.take()[-2:] == ["< 504/INVITE", "> ACK"]
    assert pair.call.stage is Stage.OVER


def test_a_call_that_is_refused_tells_the_status_and_the_reason(pair):
    pair.invite()
    pair.do(pair.line.refuse, 486, reason="Q.850;cause=17")
    assert pair.take() == ["> INVITE", "< 486/INVITE", "> ACK"]
    refused = pair.events[pair.caller][-1].message
    assert (refused.code, refused.headers["Reason"]) == (486, "Q.850;cause=17")


def test_bye_before_the_answer_ends_the_invite_too(pair):
    pair.invite()
    pair.do(pair.line.progress)
    pair.call.stage = Stage.TALKING  # RFC 3261 lets a caller hang up an early dialog
    pair.take()
    pair.do(pair.call.bye)
    assert pair.take() == ["> BYE", "< 487/INVITE", "< 200/BYE", "> ACK"]


def test_a_silent_line_answers_nothing_not_even_cancel(pair):
    pair.invite()
    pair.do(pair.line.mute)
    pair.do(pair.line.progress)
    pair.do(pair.line.answer, ANSWER)
    pair.do(pair.line.refuse, 486)
    pair.pass_time(40)
    assert not [line for line in pair.take() if line.startswith("<")]
    assert pair.kinds(pair.caller)[-1] is Kind.FAILED
    assert pair.callee._servers == pair.callee.calls == {}


def test_a_second_answer_from_somebody_else_is_acknowledged_and_hung_up(pair):
    pair.invite()
    sent = []
    pair.lose = lambda line: line == "< 200/INVITE" and not sent.append(line)
    pair.do(pair.line.answer, ANSWER)
    pair.lose = lambda _line: False
    pair.pass_time(0.6)
    answered = pair.events[pair.caller][-2].message
    pair.take()
    tag = f"tag={pair.line.tag}"
    answered.headers.set("To", answered.headers["To"].replace(tag, "tag=other"))
    pair.call._receive_invite_response(answered, pair.now_s)
    pair.flow()
    assert pair.take()[:2] == ["> ACK", "> BYE"]
    assert pair.call.stage is Stage.TALKING


def test_a_request_out_of_order_is_refused_with_500(pair):
    pair.talk()
    pair.line.dialog.remote_sequence = 9
    pair.do(pair.call.update)
    assert pair.take() == ["> UPDATE", "< 500/UPDATE"]
    assert pair.kinds(pair.caller)[-1] is Kind.RESPONSE


def test_a_dialog_that_the_peer_does_not_know_is_over(pair):
    pair.talk()
    pair.callee.calls.clear()
    pair.do(pair.call.update)
    assert pair.take() == ["> UPDATE", "< 481/UPDATE"]
    assert pair.call.stage is Stage.OVER


def test_a_request_in_the_dialog_without_any_answer_ends_the_call(pair):
    pair.talk()
    pair.lose = lambda line: line.startswith("> ")
    pair.do(pair.call.update)
    pair.pass_time(33)
    assert pair.kinds(pair.caller)[-1] is Kind.FAILED
    assert pair.call.stage is Stage.OVER


@pytest.mark.parametrize(("method", "status"), [("OPTIONS", 200), ("INFO", 405), ("PRACK", 481)])
def test_other_requests_in_the_dialog(pair, method, status):
    pair.talk()
    pair.call._ask(method, pair.now_s)
    pair.flow()
    assert pair.take() == [f"> {method}", f"< {status}/{method}"]
