"""`operators/*.yaml`: who hands calls over, from where, and in which dialect."""

import ipaddress
import re

from route112.model import (
    DIALECT_FIELDS,
    DIALECT_PLACES,
    DIALECT_RULES_MAX,
    OPERATOR_SOURCES_MAX,
    DialectRule,
    Operator,
    Problem,
)
from route112.wire.documents.fields import Fields
from route112.wire.documents.network import ID, ID_SHAPE
from route112.wire.documents.nodes import read_document
from route112.wire.documents.patterns import find_pattern_fault
from route112.wire.documents.profile import CODE
from route112.wire.problems import ProblemList

ORIGINS = ("pstn", "voip", "mobile")
SHARE_MAX = 1_000
"""Highest weight of one operator."""
NAME_CHARS_MAX = 64
"""Longest name of a header or URI parameter."""
_TOKEN = re.compile(rf"[A-Za-z0-9.!%*_+`'~-]{{1,{NAME_CHARS_MAX}}}")
"""Source: RFC 3261 section 25.1, `token`."""
_PLACES_NAMED = ("uri-parameter", "header")


def parse_operator(content: bytes, *, file: str) -> tuple[Operator | None, tuple[Problem, ...]]:
    """Parse one `operators/*.yaml`; None when a problem is an error."""
    problems = ProblemList(file)
    node = read_document(content, problems)
    if node is None:
        return None, problems.finish()
    top = Fields(node, "", problems)
    fields = node.fields or {}
    operator = Operator(
        id=top.get_match("id", ID, shape=ID_SHAPE),
        name=top.get_text("name"),
        technologies=top.get_texts("technologies"),
        default_commune=top.get_match(
            "default_commune", CODE, shape="the code of a commune", required=False
        ),
        technology=top.get_text("technology", required=False, among=ORIGINS),
        sources=_read_sources(top),
        share=top.get_integer("share", least=1, most=SHARE_MAX) if "share" in fields else 1,
        dialect=_read_dialect(top) if "dialect" in fields else (),
        contact=top.get_text("contact", required=False),
        contact_confirmed=top.get_day("contact_confirmed"),
    )
    for technology in operator.technologies:
        if technology not in ORIGINS:
            top.refuse(
                "technologies", "the technology is not known",
                f"Write some of {', '.join(ORIGINS)}", value=technology,
            )  # fmt: skip
    if operator.technology and operator.technology not in operator.technologies:
        top.refuse(
            "technology", "the technology of its calls is not among its technologies",
            "Add it to technologies, or name another", value=operator.technology,
        )  # fmt: skip
    top.finish()
    return (None if problems.has_errors else operator), problems.finish()


def _read_sources(top: Fields) -> tuple[str, ...]:
    """Return the networks in their one spelling: `127.0.2.0/28`, `::1/128`."""
    texts = top.get_texts("sources", required=False)
    if len(texts) > OPERATOR_SOURCES_MAX:
        top.refuse(
            "sources", f"there are more than {OPERATOR_SOURCES_MAX} sources",
            "Write networks instead of single addresses",
        )  # fmt: skip
        return ()
    networks = []
    for text in texts:
        try:
            networks.append(str(ipaddress.ip_network(text)))
        except ValueError:
            top.refuse("sources", *_tell_source(text), value=text)
    return tuple(dict.fromkeys(networks))


def _tell_source(text: str) -> tuple[str, str]:
    """Say what is wrong with a source, and what to do about it."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return (
            "the source is no IP address and no network",
            "Write 192.0.2.1, 192.0.2.0/28 or 2001:db8::/64; names are not resolved",
        )
    return "the source is an address inside a network", f"Write {network}, or the address alone"


def _read_dialect(top: Fields) -> tuple[DialectRule, ...]:
    rules = tuple([_read_rule(item) for item in top.iterate("dialect")])
    if len(rules) > DIALECT_RULES_MAX:
        top.refuse(
            "dialect", f"there are more than {DIALECT_RULES_MAX} rules",
            "Join rules that differ in their pattern only",
        )  # fmt: skip
    return rules


def _read_rule(item: Fields) -> DialectRule:
    rule = DialectRule(
        field=item.get_text("field", among=DIALECT_FIELDS),
        place=item.get_text("place", among=DIALECT_PLACES),
        name=item.get_text("name", required=False),
        pattern=item.get_text("pattern"),
    )
    if rule.place in _PLACES_NAMED and not _TOKEN.fullmatch(rule.name):
        item.refuse(
            "name", f"the name is no {rule.place.replace('-', ' ')}'s name",
            f"Write letters, digits and dashes, at most {NAME_CHARS_MAX}", value=rule.name,
        )  # fmt: skip
    if rule.place and rule.name and rule.place not in _PLACES_NAMED:
        item.refuse("name", f"{rule.place} has no name", "Remove it", value=rule.name)
    fault = find_pattern_fault(rule.pattern) if rule.pattern else None
    if fault is not None:
        item.refuse(
            "pattern", f"the pattern {fault}",
            "Write it as docs/formats/sources.md says", value=rule.pattern,
        )  # fmt: skip
    item.finish()
    return rule
