"""`alert-thresholds.yaml`: the alert thresholds of a country, each with its reason."""

from route112.model import Problem
from route112.model.thresholds import Threshold, Thresholds
from route112.wire.documents.fields import Fields
from route112.wire.documents.nodes import read_document
from route112.wire.problems import ProblemList

PER_CENT_MAX = 100
ATTEMPTS_MAX = 1_000_000
WINDOW_S_MIN = 60
WINDOW_S_MAX = 86_400
_NUMBER = "[0-9]{2,6}"


def parse_thresholds(
    content: bytes, *, file: str
) -> tuple[Thresholds | None, tuple[Problem, ...]]:
    """Parse the thresholds of a country; None when a problem is an error."""
    problems = ProblemList(file)
    node = read_document(content, problems)
    if node is None:
        return None, problems.finish()
    top = Fields(node, "", problems)
    found = Thresholds(
        version=top.get_text("version"),
        law=top.get_text("law"),
        own=tuple(_read(each, ordered=False) for each in top.iterate("thresholds")),
        ordered=tuple(_read(each, ordered=True) for each in top.iterate("ordered"))
        if top.has("ordered")
        else (),
    )
    numbers = [each.number for each in found.own]
    for number in sorted({number for number in numbers if number and numbers.count(number) > 1}):
        top.refuse("thresholds", "a number has two thresholds", "Keep one", value=number)
    top.finish()
    return (None if problems.has_errors else found), problems.finish()


def _read(fields: Fields, *, ordered: bool) -> Threshold:
    window_s = fields.get_integer("window_s", least=WINDOW_S_MIN, most=WINDOW_S_MAX)
    expires_us = fields.get_time("expires") if fields.has("expires") else 0
    found = Threshold(
        number=fields.get_match("number", _NUMBER, shape="2 to 6 digits"),
        below=fields.get_integer("below_percent", least=1, most=PER_CENT_MAX) / PER_CENT_MAX,
        attempts_min=fields.get_integer("attempts_min", least=1, most=ATTEMPTS_MAX),
        window_s=window_s,
        justification=fields.get_text("justification"),
        order=fields.get_text("order") if ordered else "",
        starts_us=fields.get_time("starts") if ordered else 0,
        expires_us=expires_us,
    )
    fields.finish()
    return found
