"""Which calls are counted together: a few cuts through eight dimensions, never their product."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from route112.watch.values import SeenCall

DIMENSIONS = (
    "number",
    "operator",
    "technology",
    "departement",
    "edge",
    "site",
    "trunk",
    "psap",
)
"""What a call is told apart by, in the order in which a series is written."""
CUTS: tuple[tuple[str, ...], ...] = (
    (),
    ("number",),
    ("operator",),
    ("technology",),
    ("departement",),
    ("edge",),
    ("site",),
    ("trunk",),
    ("psap",),
    ("number", "operator"),
    ("number", "technology"),
    ("operator", "technology"),
    ("number", "operator", "technology"),
    ("number", "departement"),
    ("number", "psap"),
    ("edge", "site"),
    ("site", "trunk"),
)
"""Dimensions of the series that each call counts in; the empty one is the country."""
OTHER = "other"
"""Stands for each number that the plan does not have."""
UNKNOWN = "?"
"""Value of a dimension that a call does not tell."""
VALUE_CHARS_MAX = 64
"""Length of a value; a caller can dial anything, and it would be a name for ever."""
_MARKS = {"departement": "departement ", "trunk": "trunk ", "psap": "PSAP "}


@dataclass(frozen=True, slots=True, order=True)
class Series:
    """Calls that have these values in common; without any it is the whole country."""

    pairs: tuple[tuple[str, str], ...] = ()
    """Dimension and value, in the order of `DIMENSIONS`."""

    def get(self, dimension: str) -> str:
        """Return the value of a dimension, or an empty text where it is not fixed."""
        return next((value for name, value in self.pairs if name == dimension), "")

    @property
    def cut(self) -> tuple[str, ...]:
        """Which dimensions are fixed: one of `CUTS`."""
        return tuple(name for name, _ in self.pairs)

    def __str__(self) -> str:
        """`15 · bruyere/mobile · departement 29`; `all calls` for the country."""
        values = dict(self.pairs)
        if "operator" in values and "technology" in values:
            values["operator"] += f"/{values.pop('technology')}"
        if "edge" in values and "site" in values:
            values["edge"] += f" -> {values.pop('site')}"
        shown = [f"{_MARKS.get(name, '')}{value}" for name, value in values.items()]
        return " · ".join(shown) or "all calls"


def fix(cut: Iterable[str], values: Mapping[str, str]) -> Series:
    """Return the series of a cut, from a value for each of its dimensions: short, never empty."""
    return Series(tuple((name, values[name][:VALUE_CHARS_MAX] or UNKNOWN) for name in cut))


def list_series(call: SeenCall, *, number: str, departement: str) -> Iterator[Series]:
    """
    List the series that a call counts in: one for each cut.

    A call that several sites or trunks had counts in the cuts of the last one: who served it.

    Args:
        number: short number that was meant; the caller dialled it or one of its names.
        departement: of the commune; empty where unknown.
    """
    hops = [each.hop for each in call.tries]
    values = {
        "number": number,
        "operator": call.operator,
        "technology": call.technology,
        "departement": departement,
        "edge": call.edge,
        "site": call.site,
        "trunk": hops[0] if hops else "",
        "psap": call.psap or (call.tries[0].psap if call.tries else ""),
    }
    for cut in CUTS:
        yield fix(cut, values)
