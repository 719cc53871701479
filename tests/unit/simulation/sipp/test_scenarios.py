"""Scenarios are XML that SIPp can play; what is played is seen in the end-to-end tests."""

import pytest
from lxml import etree

from route112.simulation.behaviours import Behaviour
from route112.simulation.sipp.scenarios import FAILURES, render_caller, render_psap


def parse(text):
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True)
    return etree.fromstring(text.encode("ascii"), parser)


@pytest.mark.parametrize("behaviour", list(Behaviour))
def test_every_behaviour_is_a_scenario(behaviour):
    scenario = parse(render_psap(behaviour, answer_after_ms=100))
    assert scenario.get("name") == behaviour.value
    assert scenario[0].get("request") == "INVITE"
    sent = [node.text.split()[1] for node in scenario.findall("send")]
    assert (
        sent
        == {
            Behaviour.ANSWER: ["180", "200", "487", "200", "200"],
            Behaviour.NO_AUDIO: ["180", "200", "487", "200", "200"],
            Behaviour.RINGING: ["180", "200", "487"],
            Behaviour.TRYING: ["100", "200", "487"],
            Behaviour.SILENT: [],
            Behaviour.BUSY: ["486"],
            Behaviour.UNAVAILABLE: ["503"],
        }[behaviour]
    )


def test_a_caller_knows_what_to_do_with_every_failure():
    scenario = parse(render_caller(hold_ms=200, timeout_ms=5_000))
    heard = [node.get("response") for node in scenario.findall("recv")]
    assert heard == ["100", "180", "183", *map(str, FAILURES), "200", "200", "200", "487"]
    waits = scenario.findall("recv")[: 3 + len(FAILURES) + 1]
    assert {(node.get("timeout"), node.get("ontimeout")) for node in waits} == {("5000", "cancel")}


def test_cancel_has_the_branch_of_the_invite():
    scenario = parse(render_caller(hold_ms=200, timeout_ms=5_000))
    messages = [node for node in scenario if node.tag != "label"]
    places = {node.text.split()[0]: messages.index(node) for node in scenario.findall("send")}
    offset = places["CANCEL"] - places["INVITE"]
    assert f"branch=[branch-{offset}]" in messages[places["CANCEL"]].text


def test_both_ends_say_which_number_answered():
    """The checker asks the caller who answered; SIPp as a PSAP gives its number as Contact."""
    for behaviour in (Behaviour.ANSWER, Behaviour.RINGING):
        scenario = parse(render_psap(behaviour, answer_after_ms=100))
        ringing = next(node.text for node in scenario.findall("send") if " 180 " in node.text)
        assert "Contact: <sip:[$number]@[local_ip]:[local_port];" in ringing
    caller = parse(render_caller(hold_ms=200, timeout_ms=5_000))
    [answered] = [node for node in caller.findall("recv") if node.get("rrs")]
    messages = [node.get("message") for node in answered.iter("log")]
    assert messages[1] == "answered-by [call_id] [$answerer]"
