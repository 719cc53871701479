"""The tables of RFC 3261 section 17, timer by timer."""

import pytest
from tests.unit.wire.sip.test_messages import message

from route112.wire.sip.compose import make_ack, make_response
from route112.wire.sip.messages import parse_message, render_message
from route112.wire.sip.timers import Timers
from route112.wire.sip.transactions import (
    ClientTransaction,
    Expired,
    Machine,
    Pass,
    Repeater,
    Send,
    ServerTransaction,
    State,
)

INVITE = parse_message(message())
BYE = parse_message(message(first=b"BYE sip:15@192.0.2.2 SIP/2.0").replace(b"1 INVITE", b"1 BYE"))


def client(request, *, reliable=False):
    machine = ClientTransaction(request, Timers(), reliable=reliable, now_s=0.0)
    assert [type(effect) for effect in machine.start()] == [Send]
    return machine


def server(request, *, reliable=False):
    return ServerTransaction(request, Timers(), reliable=reliable)


def reply(request, status):
    return make_response(request, status, tag="t")


def run(machine, until_s):
    """List (second, effect's name) of every timer up to `until_s`."""
    seen = []
    while machine.due_s is not None and machine.due_s <= until_s:
        at_s = machine.due_s
        seen += [(at_s, type(effect).__name__) for effect in machine.fire(at_s)]
    return seen


def test_an_invite_is_repeated_at_doubling_intervals_and_gives_up_after_64_t1():
    machine = client(INVITE)
    sent = [(at, "Send") for at in (0.5, 1.5, 3.5, 7.5, 15.5, 31.5)]
    assert run(machine, 100) == [*sent, (32.0, "Expired")]
    assert machine.state is State.TERMINATED


@pytest.mark.parametrize("request_", [INVITE, BYE])
def test_who_comes_late_repeats_once(request_):
    machine = client(request_)
    assert [type(effect) for effect in machine.fire(12.0)] == [Send]
    assert machine.due_s == 13.0


def test_another_request_is_repeated_at_most_every_t2():
    machine = client(BYE)
    times = [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert run(machine, 100) == [*((at, "Send") for at in times), (32.0, "Expired")]


@pytest.mark.parametrize("request_", [INVITE, BYE], ids=["invite", "bye"])
def test_nothing_is_repeated_over_a_reliable_transport(request_):
    assert run(client(request_, reliable=True), 100) == [(32.0, "Expired")]


def test_after_a_provisional_response_an_invite_waits_for_ever():
    machine = client(INVITE)
    ringing = reply(INVITE, 180)
    assert machine.receive(ringing, 0.1) == (Pass(ringing),)
    assert machine.state is State.PROCEEDING
    assert machine.due_s is None


def test_after_a_provisional_response_a_request_goes_on_at_t2():
    machine = client(BYE)
    machine.receive(reply(BYE, 100), 0.1)
    assert run(machine, 10) == [(0.5, "Send"), (4.5, "Send"), (8.5, "Send")]


def test_a_refused_invite_is_acknowledged_each_time_and_told_once():
    machine = client(INVITE)
    refused = reply(INVITE, 486)
    ack = Send(render_message(make_ack(INVITE, refused)))
    assert machine.receive(refused, 1.0) == (ack, Pass(refused))
    assert machine.receive(refused, 2.0) == (ack,)
    assert machine.receive(reply(INVITE, 180), 2.0) == ()
    assert machine.state is State.COMPLETED
    assert run(machine, 32.9) == []
    assert (run(machine, 33.0), machine.state) == ([], State.TERMINATED)
    assert machine.receive(refused, 34.0) == ()


def test_each_2xx_is_passed_on_for_64_t1():
    machine = client(INVITE)
    answer = reply(INVITE, 200)
    assert machine.receive(answer, 1.0) == (Pass(answer),)
    assert machine.receive(answer, 2.0) == (Pass(answer),)
    assert machine.receive(reply(INVITE, 486), 2.0) == ()
    assert (run(machine, 33.0), machine.state) == ([], State.TERMINATED)
    assert machine.receive(answer, 40.0) == ()


def test_a_request_is_answered_once_and_lingers_for_t4():
    machine = client(BYE)
    answer = reply(BYE, 200)
    assert machine.receive(answer, 1.0) == (Pass(answer),)
    assert machine.receive(answer, 1.1) == ()
    assert machine.due_s == 6.0
    assert (run(machine, 6.0), machine.state) == ([], State.TERMINATED)


def test_nothing_lingers_over_a_reliable_transport():
    machine = client(BYE, reliable=True)
    machine.receive(reply(BYE, 200), 1.0)
    assert machine.state is State.TERMINATED
    refused = client(INVITE, reliable=True)
    refused.receive(reply(INVITE, 503), 1.0)
    assert refused.state is State.TERMINATED


def test_a_repeated_request_gets_the_last_response_again():
    machine = server(INVITE)
    assert machine.receive(INVITE, 0.1) == ()
    [sent] = machine.respond(reply(INVITE, 180), 0.2)
    assert machine.receive(INVITE, 0.3) == (sent,)


def test_a_refusal_is_repeated_until_its_ack():
    machine = server(INVITE)
    machine.respond(reply(INVITE, 486), 0.0)
    assert run(machine, 12) == [(at, "Send") for at in (0.5, 1.5, 3.5, 7.5, 11.5)]
    ack = make_ack(INVITE, reply(INVITE, 486))
    assert machine.receive(ack, 12.0) == ()
    assert machine.state is State.CONFIRMED
    assert machine.receive(INVITE, 12.1) == ()
    assert machine.receive(ack, 12.2) == ()
    assert (run(machine, 17.0), machine.state) == ([], State.TERMINATED)


def test_a_refusal_without_ack_expires():
    machine = server(INVITE, reliable=True)
    machine.respond(reply(INVITE, 486), 0.0)
    assert run(machine, 100) == [(32.0, "Expired")]


def test_a_2xx_is_not_repeated_here_and_absorbs_repeated_invites():
    machine = server(INVITE)
    assert len(machine.respond(reply(INVITE, 200), 0.0)) == 1
    assert machine.receive(INVITE, 1.0) == ()
    assert machine.respond(reply(INVITE, 486), 1.0) == ()
    assert (run(machine, 32.0), machine.state) == ([], State.TERMINATED)


def test_a_final_response_to_a_request_is_sent_again_for_64_t1():
    machine = server(BYE)
    [sent] = machine.respond(reply(BYE, 200), 0.0)
    assert machine.receive(BYE, 31.0) == (sent,)
    assert machine.respond(reply(BYE, 500), 31.0) == ()
    assert (run(machine, 32.0), machine.state) == ([], State.TERMINATED)
    assert machine.receive(BYE, 33.0) == ()


def test_an_answer_is_repeated_until_it_is_acknowledged():
    machine = Repeater(b"200", Timers(), 0.0)
    assert run(machine, 8) == [(0.5, "Send"), (1.5, "Send"), (3.5, "Send"), (7.5, "Send")]
    machine.acknowledge()
    assert machine.due_s is None
    forgotten = Repeater(b"200", Timers(), 0.0)
    assert run(forgotten, 100)[-1] == (32.0, "Expired")
    assert Expired() == Expired()


def test_a_machine_without_timers_of_its_own_says_so():
    machine = Machine(Timers())
    machine._due["odd"] = 1.0
    with pytest.raises(AssertionError, match=r"Machine has no timer odd at 1\.0"):
        machine.fire(1.0)
