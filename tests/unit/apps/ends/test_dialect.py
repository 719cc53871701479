"""Every operator of the demo country is spoken so that its own rules read what was meant."""

import pytest

from route112.adapters.sip import Address
from route112.apps.ends.callers import CallOrder, make_invitation
from route112.apps.ends.dialect import DialectError, read_value, speak
from route112.apps.ends.whereabouts import Whereabouts
from route112.countries.fr.network import OPERATORS
from route112.model import DialectRule, Operator
from route112.wire.sip import parse_uri

LOCAL = Address("udp", "127.0.0.1", 5070)
ORDER = CallOrder(dialled="15", to=Address("udp", "127.0.1.1", 5060), commune="2A004")
WHEREABOUTS = Whereabouts({"2A004": "99970012345"}, {"2A004": "+999012345"})
BY_ID = {operator.id: operator for operator in OPERATORS}


def make(**changes):
    fields = {"id": "x", "name": "X", "technologies": ("voip",), "default_commune": ""}
    return Operator(**fields | changes)


def write(operator, order=ORDER):
    invitation = make_invitation(speak(order, operator, WHEREABOUTS), LOCAL, b"")
    return invitation.uri, dict(invitation.headers)


@pytest.mark.parametrize(
    ("operator", "uri", "header"),
    [
        ("bruyere", "sip:15@127.0.1.1:5060;commune=2A004", None),
        ("cormoran", "sip:15@127.0.1.1:5060", ("P-Access-Network-Info", "insee=2A004")),
        (
            "dolmen",
            "sip:15@127.0.1.1:5060",
            ("P-Access-Network-Info", "utran-cell-id-3gpp=99970012345"),
        ),
        ("ecume", "sip:15@127.0.1.1:5060", ("P-Asserted-Identity", "<tel:+999012345>")),
    ],
)
def test_the_dialects_of_the_demo_country(operator, uri, header):
    written, headers = write(BY_ID[operator])
    assert written == uri
    own = {"P-Asserted-Identity": "<sip:+999000001@127.0.0.1:5070>"}
    assert headers == own | (dict([header]) if header else {})
    user = parse_uri(written).user
    assert read_value(BY_ID[operator].dialect, "request-uri-user", "", "number", user) == "15"


def test_a_given_header_and_a_urn_stay_as_they_are():
    order = CallOrder(
        dialled="urn:service:sos.fire",
        to=ORDER.to,
        commune="29019",
        technology="voip",
        headers=(("X-Technology", "pstn"),),
    )
    uri, headers = write(BY_ID["ecume"], order)
    assert uri == "urn:service:sos.fire"
    assert headers["X-Technology"] == "pstn"


def test_the_technology_is_said_where_a_rule_looks_for_it():
    order = CallOrder(dialled="15", to=ORDER.to, technology="voip")
    assert write(BY_ID["ecume"], order)[1]["X-Technology"] == "voip"


def test_what_cannot_be_said_is_refused():
    number = DialectRule(field="number", place="request-uri-user", pattern="^x([0-9]+)$")
    with pytest.raises(DialectError, match="no request URI says 15 @2A004"):
        speak(ORDER, make(dialect=(number,)))
    plain = DialectRule(field="number", place="request-uri-user", pattern="^([0-9]+)$")
    odd = DialectRule(field="commune", place="header", name="X", pattern="^a+(2A004)b+$")
    with pytest.raises(DialectError, match="says commune 2A004"):
        speak(ORDER, make(dialect=(plain, odd)))
