"""What may be sent: each field with its bounds, nothing beside them."""

from typing import Annotated, Literal, Union

from msgspec import Meta, Struct

STATIONS_TEXT_MAX = 200
"""Characters of the names of the stations of one change: an argument of `access`."""
_TIME_MAX = 4_102_444_800_000_000
"""The year 2100."""

Time = Annotated[int, Meta(ge=0, le=_TIME_MAX, description="UTC, microseconds since 1970")]
Nonce = Annotated[
    str,
    Meta(
        pattern="^[0-9a-z]{16,64}$",
        description="Chance, new for each request: it counts once",
    ),
]
LETTERS = "!-~\u00a1-\u00ac\u00ae-\u017f\u2010-\u2027\u20ac"
"""What a reason is written in: printable, and of Latin letters."""
_LINE = f"^[{LETTERS}][ {LETTERS}]*$"
_DECREE_CHARS_MAX = 100
_WHY_CHARS_MAX = 500
_WITH_DECREE_CHARS_MAX = _WHY_CHARS_MAX - _DECREE_CHARS_MAX - len("prefect : ")
"""The reason of a prefect's order names its decree too, and both fit into one."""
Why = Annotated[
    str,
    Meta(
        pattern=_LINE,
        max_length=_WHY_CHARS_MAX,
        description="Kept with the request; one line",
    ),
]
WhyPrefect = Annotated[
    str,
    Meta(
        pattern=_LINE,
        max_length=_WITH_DECREE_CHARS_MAX,
        description="Kept with the request, behind the decree; one line",
    ),
]
Decree = Annotated[
    str,
    Meta(
        pattern=_LINE,
        max_length=_DECREE_CHARS_MAX,
        description="Reference of a prefect's decision",
    ),
]
Name = Annotated[str, Meta(pattern="^[A-Za-z0-9][A-Za-z0-9.+-]{0,63}$")]
NameOrNone = Annotated[str, Meta(pattern="^([A-Za-z0-9][A-Za-z0-9.+-]{0,63})?$")]
NumberOrNone = Annotated[str, Meta(pattern=r"^(\+[0-9]{3,15})?$")]
Hash = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
HashOrNone = Annotated[str, Meta(pattern="^([0-9a-f]{64})?$")]


class Stamp(Struct, kw_only=True, forbid_unknown_fields=True):
    """What every request has that changes something."""

    asked_us: Time
    nonce: Nonce
    reason: Why


class _Order(Stamp, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    psap: Name
    """Whose calls it touches."""
    short_number: NameOrNone = ""
    """Limits it to one short number."""
    starts_us: Time = 0
    """0: at once."""
    expires_us: Time


class Divert(_Order, kw_only=True, tag="divert"):
    """Its calls go to another answering point first."""

    to_psap: Name


class Alternative(_Order, kw_only=True, tag="alternative"):
    """Its calls go to its alternative number, or to the one named, first."""

    to_number: NumberOrNone = ""


class Pause(_Order, kw_only=True, tag="pause"):
    """It is not rung unless nothing else is left."""


class Prefect(_Order, kw_only=True, tag="prefect"):
    """A prefect's decision: a divert where it names who helps, else an alternative."""

    reason: WhyPrefect
    decree: Decree
    to_psap: NameOrNone = ""
    to_number: NumberOrNone = ""


class Resume(Stamp, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="resume"):
    """Orders on an answering point end."""

    psap: Name
    order: NameOrNone = ""
    """The one that ends; empty: all its pauses."""


OrderBody = Union[Divert, Alternative, Pause, Prefect, Resume]  # noqa: UP007  msgspec reads it
"""An emergency order, or the end of one."""


class ChangeBody(Stamp, kw_only=True, forbid_unknown_fields=True):
    """A change."""

    kind: Literal["plan", "upgrade", "maintenance", "evacuation"]
    stations: Annotated[list[Name], Meta(max_length=64)] = []
    """Of a plan the canary, or none; else those that change."""
    candidate: HashOrNone = ""
    """Of a plan: content hash of a snapshot that was handed in."""
    version: NameOrNone = ""
    """Of an upgrade."""
    soak_s: Annotated[int, Meta(ge=0, le=86_400)] = 60
    accept_impact: bool = False
    """The impact of the plan was looked at, and is meant."""


class AdoptionBody(Stamp, kw_only=True, forbid_unknown_fields=True):
    """What stations serve that are held is taken for theirs."""

    candidate: Hash
    """Content hash of the very snapshot that they serve, which was handed in."""


class ApprovalBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """The agreement of a second person."""

    hash: Hash


class CandidateQuery(Stamp, kw_only=True, forbid_unknown_fields=True):
    """What is said of a snapshot that is handed in."""

    content_hash: Hash
