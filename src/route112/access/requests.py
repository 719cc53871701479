"""What is asked, what a second person agrees to, and what is remembered of both."""

import enum
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from route112.access.people import Identity
from route112.model import UtcTime
from route112.wire.record_lines import render_fields

ARGUMENTS_MAX = 32
"""Arguments of one request."""
NEVER = UtcTime(0)
VERB_CHARS_MAX = 60
VALUE_CHARS_MAX = 200
"""Characters of one argument; a file is named by its hash."""
REASON_CHARS_MAX = 500
IDENTITY_CHARS_MAX = 200
NONCE = re.compile(r"[0-9a-z]{16,64}")
"""Chance that makes two equal requests two."""
HASH = re.compile(r"[0-9a-f]{64}")
NAME = re.compile(r"[a-z][a-z0-9_]{0,28}")
"""Of an argument."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Somebody wants something done."""

    verb: str
    by: Identity
    asked_at: UtcTime
    nonce: str = ""
    """Of `NONCE` where the verb changes something."""
    reason: str = ""
    """Needed where the verb changes something."""
    arguments: tuple[tuple[str, str], ...] = ()
    """Names and values, ascending; `psap` names the answering point that is touched."""

    def get(self, name: str) -> str:
        """Return an argument; empty where there is none of that name."""
        return next((value for key, value in self.arguments if key == name), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Somebody else agrees to one request, exactly as it was asked."""

    request: str
    """Its hash."""
    by: Identity


class Ruling(enum.StrEnum):
    """What becomes of a request."""

    ALLOWED = "allowed"
    WAITING = "waiting"
    """For a second person."""
    REFUSED = "refused"


class Reason(enum.StrEnum):
    """Why something is refused; empty where it is not."""

    NONE = ""
    UNKNOWN_VERB = "unknown-verb"
    MALFORMED = "malformed"
    UNKNOWN_IDENTITY = "unknown-identity"
    NOT_YOUR_ROLE = "not-your-role"
    TOO_OLD = "too-old"
    NOT_YET = "not-yet"
    """It says that it was asked later than now."""
    REPLAYED = "replayed"
    UNKNOWN_REQUEST = "unknown-request"
    """Nothing with this hash waits: forged, altered, or over."""
    OWN_REQUEST = "own-request"
    """Author and approver are one person."""
    AUTHOR_GONE = "author-gone"
    """Whoever asked may not any more."""
    EXPIRED = "expired"
    """Nobody agreed in time."""
    TOO_MANY = "too-many"
    IMPOSSIBLE = "impossible"
    """Whoever may ask for it asks for what cannot be done now; `judge` never says so."""
    NOT_DONE = "not-done"
    """It had been allowed, and was not carried out; `judge` never says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer to a request or an approval: what the audit log keeps."""

    ruling: Ruling
    at: UtcTime
    by: Identity
    """Whoever asked for this answer: the author, or the approver."""
    approves: bool = False
    """It answers an approval."""
    reason: Reason = Reason.NONE
    request: Request | None = None
    """None where it is malformed, or an approval names none that waits."""
    hash: str = ""
    """Of the request; of an approval as it says. Empty where the request is malformed."""
    author: str = ""
    """Id of the person who asked; empty where unknown."""
    approver: str = ""
    until: UtcTime = NEVER
    """Where it counts once: how long that has to be remembered, or how long it waits."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that one person made and no second one has agreed to yet."""

    request: Request
    author: str
    until: UtcTime


@dataclass(frozen=True, slots=True)
class Used:
    """A request that counted, and must not count again."""

    verb: str
    author: str
    until: UtcTime
    """When it would be too old to be asked again."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What is remembered between two requests."""

    waiting: Mapping[str, Waiting] = field(default_factory=lambda: MappingProxyType({}))
    """By the request's hash."""
    used: Mapping[str, Used] = field(default_factory=lambda: MappingProxyType({}))
    """What counted and would be young enough to be asked again, by its hash."""


def hash_request(request: Request) -> str:
    """Return the hash that stands for this very request: every word of it, and who asked when."""
    fields: dict[str, str | int] = {
        "verb": request.verb,
        "by": str(request.by),
        "asked": request.asked_at,
        "nonce": request.nonce,
        "reason": request.reason,
    }
    fields |= {f"a_{name}": value for name, value in request.arguments}
    return hashlib.sha256(f"R112 request 1{render_fields(fields)}\n".encode("ascii")).hexdigest()


def is_well_formed(request: Request) -> bool:
    """Tell whether a request keeps its limits, whoever it came from."""
    names = [name for name, _ in request.arguments]
    return (
        len(names) <= ARGUMENTS_MAX
        and names == sorted(set(names))
        and all(NAME.fullmatch(name) for name in names)
        and all(_is_text(value, VALUE_CHARS_MAX) for _, value in request.arguments)
        and _is_text(request.reason, REASON_CHARS_MAX)
        and _is_text(request.verb, VERB_CHARS_MAX)
        and is_identity(request.by)
        and (not request.nonce or NONCE.fullmatch(request.nonce) is not None)
        and request.asked_at >= 0
    )


def is_identity(identity: Identity) -> bool:
    """Tell whether the name of an identity keeps its limits."""
    return bool(identity.name) and _is_text(identity.name, IDENTITY_CHARS_MAX)


def cut_identity(identity: Identity) -> Identity:
    """Return an identity that fits a line of the audit log."""
    name = identity.name[:IDENTITY_CHARS_MAX]
    return Identity(identity.via, "".join(each if each.isprintable() else "?" for each in name))


def note(desk: Desk, verdict: Verdict) -> Desk:
    """Return the desk behind a verdict; what is over is forgotten."""
    now = verdict.at
    waiting = {key: each for key, each in desk.waiting.items() if now < each.until}
    used = {key: each for key, each in desk.used.items() if now < each.until}
    if verdict.ruling is Ruling.WAITING:
        assert verdict.request is not None, "nothing waits without a request"
        waiting[verdict.hash] = Waiting(verdict.request, verdict.author, verdict.until)
    elif verdict.until:
        # Allowed, or allowed and then not done: neither is asked for again.
        assert verdict.request is not None, "what counts once has a request"
        waiting.pop(verdict.hash, None)
        used[verdict.hash] = Used(verdict.request.verb, verdict.author, verdict.until)
    return Desk(MappingProxyType(waiting), MappingProxyType(used))


def _is_text(text: str, chars_max: int) -> bool:
    return len(text) <= chars_max and (not text or text.isprintable())
