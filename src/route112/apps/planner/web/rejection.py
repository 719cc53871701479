"""Every answer that is not what was asked for: RFC 9457, with what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

import msgspec
from starlette.responses import Response

from route112.access import Reason

MEDIA_TYPE = "application/problem+json"
_TYPE = "urn:route112:"


class Refused(msgspec.Struct, kw_only=True):
    """A refusal, or a failure."""

    type: str
    """`urn:route112:` and the reason in kebab-case."""
    title: str
    status: int
    detail: str
    """What is wrong with this very request."""
    todo: str
    """What to do next."""


class Rejected(Exception):  # noqa: N818  it is an answer, not a fault
    """Ends a request with a problem."""

    def __init__(self, status: int, reason: str, detail: str, todo: str) -> None:
        super().__init__(detail)
        self.status, self.reason, self.detail, self.todo = status, reason, detail, todo
        self.is_written = False
        """The audit log has a line of it."""

    def render(self) -> Response:
        """Return it as an answer."""
        shape = Refused(
            type=f"{_TYPE}{self.reason}",
            title=self.reason.replace("-", " "),
            status=self.status,
            detail=self.detail,
            todo=self.todo,
        )
        return Response(msgspec.json.encode(shape), self.status, media_type=MEDIA_TYPE)


@dataclass(frozen=True, slots=True)
class _Words:
    status: int
    detail: str
    todo: str


_LATER = "Ask again; `route112` puts in the time and a new nonce by itself"
_WORDS: Mapping[Reason, _Words] = {
    Reason.UNKNOWN_VERB: _Words(404, "there is no such verb", "See /openapi.json"),
    Reason.MALFORMED: _Words(400, "the request is misshapen", "See /openapi.json"),
    Reason.UNKNOWN_IDENTITY: _Words(
        403,
        "nobody in people.yaml is known by your identity, or his time is over",
        "Have whoever keeps people.yaml put it in",
    ),
    Reason.NOT_YOUR_ROLE: _Words(
        403, "you have no role that may do this", "docs/access.md says who may; ask one of them"
    ),
    Reason.TOO_OLD: _Words(409, "it was asked more than 5 minutes ago", _LATER),
    Reason.NOT_YET: _Words(
        409, "it says that it was asked later than now", "Set the clock of your machine"
    ),
    Reason.REPLAYED: _Words(409, "this very request was made before", _LATER),
    Reason.UNKNOWN_REQUEST: _Words(
        404,
        "nothing with this hash waits: it is mistyped, altered or over",
        "`route112 approve` without a hash lists what waits",
    ),
    Reason.OWN_REQUEST: _Words(
        403, "you asked for it yourself", "Somebody else has to approve it"
    ),
    Reason.AUTHOR_GONE: _Words(
        409, "whoever asked may not do this any more", "Somebody who may has to ask again"
    ),
    Reason.EXPIRED: _Words(409, "nobody approved it within 15 minutes", "Ask again"),
    Reason.TOO_MANY: _Words(
        429, "too many requests wait or were made of late", "Wait a few minutes"
    ),
}


def reject_verdict(reason: Reason, *, flaw: str = "") -> NoReturn:
    """End a request as the desk refused it; `flaw` is what is wrong with `people.yaml`."""
    if flaw and reason in (Reason.UNKNOWN_IDENTITY, Reason.AUTHOR_GONE):
        raise Rejected(503, "nobody-may", flaw, "Have whoever keeps people.yaml mend it")
    words = _WORDS[reason]
    rejected = Rejected(words.status, reason.value, words.detail, words.todo)
    rejected.is_written = True
    raise rejected
