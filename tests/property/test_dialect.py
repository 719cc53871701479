"""`read_call` against a slow reading of the norm, and under text of any kind."""

import ipaddress
import re
import urllib.parse

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.snapshots import small_content

from route112.model import DIALECT_FIELDS, DIALECT_PLACES, DialectRule, Operator
from route112.routing import read_call
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

PATTERNS = (
    "^([0-9]{2,6})$",
    "([0-9][0-9AB][0-9]{3})",
    r"^[0-9]{5}\*([0-9]+)$",
    "^(mobile|voip|pstn)$",
    r"(\+[0-9]{6,15})",
    "(.*)",
    "sip:([^@;]*)",
)
SOURCES = ("127.0.2.0/28", "127.0.0.0/8", "127.0.2.7/32", "::1/128", "::/0", "2001:db8::/32")
ADDRESSES = ("127.0.2.1", "127.0.2.7", "127.9.9.9", "::ffff:127.0.2.7", "::1", "2001:db8::5", "8.8.8.8")  # fmt: skip

rules = st.builds(
    DialectRule,
    field=st.sampled_from(DIALECT_FIELDS),
    place=st.sampled_from(DIALECT_PLACES),
    name=st.sampled_from(("commune", "X-Commune")),
    pattern=st.sampled_from(PATTERNS),
)
owned = st.lists(
    st.tuples(st.lists(st.sampled_from(SOURCES), max_size=2), st.lists(rules, max_size=5)),
    max_size=3,
)
words = st.sampled_from(
    (
        "15",
        "15;isub=1",
        "%31%35",
        "1%3",
        "%C3%A9",
        "29019",
        "2A004",
        "29019*18",
        "+33199001234",
        "mobile",
        "",
        "é",
        "a b",
        "\x00",
        "9" * 600,
    )
)
uris = st.builds(
    "{}{}{}{}{}{}".format,
    st.sampled_from(("sip:", "SIPS:", "tel:", "urn:service:", "URN:nena:service:", "http:", "")),
    words,
    st.sampled_from(("", "@host", ":pw@[::1]:5060", "@a@b")),
    st.sampled_from(("", ";commune=29019", ";Commune=2A004;commune=1", ";commune")),
    st.sampled_from(("", ";x=y")),
    st.sampled_from(("", "?commune=13055")),
)
anything = st.text(st.characters(exclude_categories=()), max_size=40)


def open_with(owners):
    operators = tuple(
        Operator(
            id=f"o{index}",
            name="",
            technologies=(),
            default_commune="",
            technology="mobile",
            sources=tuple(sources),
            dialect=tuple(found),
        )
        for index, (sources, found) in enumerate(owners)
    )
    return Snapshot(write_snapshot(small_content(operators=operators))), operators


def obvious_owner(operators, source):
    address = ipaddress.ip_address(source)
    address = getattr(address, "ipv4_mapped", None) or address
    best = None
    for operator in operators:
        for text in operator.sources:
            network = ipaddress.ip_network(text)
            if address in network and (best is None or network.prefixlen > best[0]):
                best = network.prefixlen, operator
    return best and best[1]


def obvious_unescape(text):
    escapes = re.findall("%(.{0,2})", text, re.DOTALL)
    if all(re.fullmatch("[0-9A-Fa-f]{2}", two) and 32 <= int(two, 16) < 127 for two in escapes):
        return urllib.parse.unquote(text)
    return text


def obvious_text(text):
    return "".join(char if ord(char) < 128 else "?" * len(char.encode()) for char in text)


def obvious_service(uri):
    found = re.match("(?i)urn:(nena:|emergency:)?service:([^;?#]*)", uri)
    return found and "urn:service:" + obvious_unescape(obvious_text(found[2]))


def obvious_value(rule, uri, header):
    uri = obvious_text(uri)
    scheme = re.match("(?i)(sips?|tel):", uri)
    kind = scheme[1].lower() if scheme else ""
    rest = uri[scheme.end() :] if scheme else ""
    if rule.place == "request-uri":
        return uri
    if rule.place == "header":
        given = rule.name == "X-Commune" and header is not None
        return obvious_text(header.strip(" \t\r\n")) if given else None
    if kind == "tel":
        user, parameters = [*rest.split(";", 1), ""][:2]
    elif kind:
        user = re.match("[^@:;]*", rest)[0] if "@" in rest else ""
        host = rest.split("@", 1)[-1]
        parameters = "".join(host.split("?")[0].split(";", 1)[1:])
    else:
        return None
    if rule.place == "request-uri-user":
        return obvious_unescape(user)
    for parameter in parameters.split(";"):
        if "=" in parameter and parameter.lower().startswith(rule.name.lower() + "="):
            return parameter.split("=", 1)[1]
    return None


def obvious_field(field, operator, uri, header):
    for rule in operator.dialect:
        value = obvious_value(rule, uri, header) if rule.field == field else None
        if value is None or len(value) > 512 or any(ord(c) < 32 or ord(c) == 127 for c in value):
            continue
        match = re.search(rule.pattern, value)
        if not match or not 1 <= len(match[1]) <= 64:
            continue
        if field != "technology" or match[1] in ("pstn", "voip", "mobile"):
            return match[1]
    return ""


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(
    owned,
    st.lists(
        st.tuples(st.sampled_from(ADDRESSES), uris, st.none() | words), min_size=1, max_size=8
    ),
)
def test_a_call_is_read_as_the_norm_says(owners, messages):
    snapshot, operators = open_with(owners)
    for source, uri, header in messages:
        find_header = {"X-Commune": header}.get
        read = read_call(snapshot, source=source, request_uri=uri, find_header=find_header)
        operator = obvious_owner(operators, source)
        if operator is None:
            assert read is None
            continue
        assert read is not None
        assert read.operator == operator
        expected = {field: obvious_field(field, operator, uri, header) for field in DIALECT_FIELDS}
        if service := obvious_service(uri):
            expected["number"] = service[:129]
        elif not expected["number"]:
            place = DialectRule(field="number", place="request-uri-user", pattern="")
            expected["number"] = (obvious_value(place, uri, header) or "")[:129]
        assert read.call.dialled == expected["number"]
        assert read.call.commune == expected["commune"]
        assert read.call.technology == (expected["technology"] or "mobile")
        assert read.caller == expected["caller"]


SMALL = Snapshot(write_snapshot(small_content()))
ODD = st.builds(
    DialectRule,
    field=st.sampled_from(DIALECT_FIELDS),
    place=st.sampled_from(DIALECT_PLACES),
    name=st.text(max_size=5),
    pattern=st.text("()[]a*+?{2}^$|\\.", max_size=8),
)


@settings(deadline=None)
@given(anything, anything, st.none() | anything)
def test_no_text_is_too_strange(source, uri, header):
    read_call(SMALL, source=source, request_uri=uri, find_header=lambda _name: header)
    read = read_call(SMALL, source="::1", request_uri=uri, find_header=lambda _name: header)
    assert read is not None
    assert len(read.call.commune) <= 64
    assert len(read.call.dialled) <= 129


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.lists(ODD, max_size=5), anything)
def test_no_rule_of_a_snapshot_is_too_strange(found, value):
    snapshot, _ = open_with([(["127.0.0.0/8"], found)])
    assert read_call(
        snapshot, source="127.0.0.1", request_uri=value, find_header=lambda _name: value
    )
