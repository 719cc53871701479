"""The callee's half, where it is not seen in test_calls."""

import pytest
from tests.support.sip_pair import ANSWER, Pair

from route112.wire.sip import Kind, Stage


@pytest.fixture
def pair():
    return Pair()


def test_a_line_knows_its_number_and_is_its_contact(pair):
    pair.invite()
    assert pair.line.number == "+33261910015"
    pair.do(pair.line.answer, ANSWER)
    answered = pair.events[pair.caller][1].message
    assert answered.headers["Contact"] == "<sip:+33261910015@192.0.2.2:5060;transport=udp>"
    assert answered.body == ANSWER


def test_a_urn_has_no_number(pair):
    pair.invite(uri="urn:service:sos.fire")
    assert pair.line.number == ""


def test_trying_carries_no_tag_and_opens_no_dialog(pair):
    pair.invite()
    pair.do(pair.line.progress, 100)
    assert pair.call.dialog.remote_tag == ""
    pair.do(pair.call.update)
    assert pair.take() == ["> INVITE", "< 100/INVITE"]


def test_what_comes_too_late_changes_nothing(pair):
    pair.talk()
    pair.do(pair.line.refuse, 486)
    pair.do(pair.line.progress)
    pair.do(pair.line.answer, ANSWER)
    assert pair.take() == []
    assert pair.line.stage is Stage.TALKING


def test_a_prack_for_another_response_is_481(pair):
    pair.invite(headers=[("Require", "100rel")])
    pair.lose = lambda line: line == "> PRACK"
    pair.do(pair.line.progress)
    pair.lose = lambda _line: False
    pair.take()
    pair.call._ask("PRACK", pair.now_s, rack="99 1 INVITE")
    pair.flow()
    assert pair.take() == ["> PRACK", "< 481/PRACK"]


def test_a_reliable_response_is_not_repeated_after_the_answer(pair):
    pair.invite(headers=[("Require", "100rel")])
    pair.lose = lambda line: line == "> PRACK"
    pair.do(pair.line.progress)
    pair.do(pair.line.answer, ANSWER)
    pair.take()
    pair.pass_time(3)
    assert "< 180/INVITE" not in pair.take()


def test_a_muted_line_keeps_quiet_in_its_dialog(pair):
    pair.talk()
    pair.do(pair.line.mute)
    pair.do(pair.call.update)
    pair.do(pair.call.bye)
    assert pair.take() == ["> UPDATE", "> BYE"]
    assert Kind.ENDED not in pair.kinds(pair.callee)
