"""What both ends of a call agree on."""

import pytest
from tests.unit.wire.sip.test_messages import message

from route112.wire.sip.compose import make_response
from route112.wire.sip.dialog import ROUTES_MAX, Dialog, read_contact
from route112.wire.sip.messages import SipError, parse_message

ROUTES = b"Record-Route: <sip:192.0.2.8;lr>, <sip:192.0.2.9;lr;did=a.b>\r\n"
CONTACT = b"Contact: <sip:caller@192.0.2.1:5062>\r\n"


def invite(extra=ROUTES + CONTACT):
    return parse_message(message(extra))


def answer(contact="<sip:psap@192.0.2.2:5064>"):
    return make_response(invite(), 200, tag="b", headers=[("Contact", contact)])


def test_the_callee_takes_routes_in_order_and_the_caller_in_reverse():
    callee = Dialog.of_request(invite(), "b")
    assert callee.routes == ("<sip:192.0.2.8;lr>", "<sip:192.0.2.9;lr;did=a.b>")
    assert callee.next_hop == "sip:192.0.2.8;lr"
    assert callee.target == "sip:caller@192.0.2.1:5062"
    caller = Dialog.of_response(invite(), answer())
    assert caller.routes == callee.routes[::-1]
    assert caller.target == "sip:psap@192.0.2.2:5064"
    assert caller.remote_tag == "b"


def test_a_request_of_the_dialog():
    caller = Dialog.of_response(invite(), answer())
    bye = caller.make_request("BYE")
    assert str(bye.uri) == "sip:psap@192.0.2.2:5064"
    assert bye.headers["CSeq"] == "2 BYE"
    assert bye.headers.getlist("Route") == ["<sip:192.0.2.9;lr;did=a.b>", "<sip:192.0.2.8;lr>"]
    assert bye.headers["From"] == "<sip:a@192.0.2.1>;tag=a"
    assert bye.headers["To"] == "<sip:15@192.0.2.2>;tag=b"
    assert caller.make_request("ACK", sequence=1).headers["CSeq"] == "1 ACK"
    assert caller.make_request("UPDATE").headers["CSeq"] == "3 UPDATE"


def test_numbers_may_jump_but_not_go_back():
    dialog = Dialog.of_request(invite(), "b")
    later = parse_message(message().replace(b"1 INVITE", b"7 INVITE"))
    assert dialog.admit(later)
    assert dialog.admit(later)
    assert not dialog.admit(invite())


def test_a_new_contact_moves_the_target_and_a_broken_one_does_not():
    dialog = Dialog.of_response(invite(), answer())
    dialog.refresh(answer("<sip:elsewhere@192.0.2.3>"))
    assert dialog.target == "sip:elsewhere@192.0.2.3"
    dialog.refresh(answer("<<>>"))
    dialog.refresh(invite(b""))
    assert dialog.target == "sip:elsewhere@192.0.2.3"


def test_without_a_contact_the_request_uri_is_the_target():
    assert Dialog.of_response(invite(), answer("")).target == "sip:15@192.0.2.2"
    assert read_contact(invite(b"")) == ""


def test_a_loop_of_routes_is_refused():
    routes = b"Record-Route: <sip:192.0.2.8;lr>\r\n" * ROUTES_MAX
    assert len(Dialog.of_request(invite(routes), "b").routes) == ROUTES_MAX
    with pytest.raises(SipError, match=f"more than {ROUTES_MAX} routes"):
        Dialog.of_request(invite(routes + ROUTES), "b")
