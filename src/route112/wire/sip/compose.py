"""Messages that follow from another message: responses, the ACK of a refusal, CANCEL."""

import ipaddress
from collections.abc import Sequence

from sipmessage import Request, Response

from route112.wire.sip.messages import MAGIC_COOKIE, find_tag, read_cseq, read_top_via

ALLOW = "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE"
"""The methods that the agent understands."""
SUPPORTED = frozenset({"100rel"})
"""Option tags whose presence in Require refuses nothing."""

PHRASES = {
    100: "Trying",
    180: "Ringing",
    183: "Session Progress",
    200: "OK",
    400: "Bad Request",
    403: "Forbidden",
    405: "Method Not Allowed",
    408: "Request Timeout",
    420: "Bad Extension",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    491: "Request Pending",
    500: "Server Internal Error",
    503: "Service Unavailable",
    504: "Server Time-out",
}

Header = tuple[str, str]


def make_response(
    request: Request,
    status: int,
    *,
    tag: str = "",
    headers: Sequence[Header] = (),
    body: bytes = b"",
    phrase: str = "",
) -> Response:
    """Answer `request`; `tag` is added to a To that has none."""
    response = Response(status, phrase or PHRASES.get(status, "Unknown"), body)
    response.headers.setlist("Via", list(request.headers.getlist("Via")))
    routes = request.headers.getlist("Record-Route")
    if routes and status > 100:  # noqa: PLR2004  100 opens no dialog
        response.headers.setlist("Record-Route", list(routes))
    to = request.headers["To"]
    if tag and not find_tag(to):
        to = f"{to};tag={tag}"
    response.headers.set("From", request.headers["From"])
    response.headers.set("To", to)
    response.headers.set("Call-ID", request.headers["Call-ID"])
    response.headers.set("CSeq", request.headers["CSeq"])
    add_headers(response, headers)
    return response


def make_ack(invite: Request, response: Response) -> Request:
    """
    Acknowledge a final response that is no 2xx.

    Source: RFC 3261 section 17.1.1.3.
    """
    ack = _follow(invite, "ACK")
    ack.headers.set("To", response.headers["To"])
    return ack


def make_cancel(invite: Request) -> Request:
    """Cancel an INVITE: same branch, same CSeq number, same To."""
    return _follow(invite, "CANCEL")


def _follow(invite: Request, method: str) -> Request:
    request = Request(method, invite.uri)
    request.headers.add("Via", invite.headers["Via"])
    for name in ("Route", "From", "To", "Call-ID"):
        if values := invite.headers.getlist(name):
            request.headers.setlist(name, list(values))
    request.headers.set("CSeq", f"{read_cseq(invite).sequence} {method}")
    request.headers.set("Max-Forwards", "70")
    return request


def add_headers(message: Request | Response, headers: Sequence[Header]) -> None:
    """Add headers; a value that would begin another line is refused."""
    for name, value in headers:
        if "\r" in f"{name}{value}" or "\n" in f"{name}{value}":
            raise ValueError(f"{name!r}: a header is one line")
        message.headers.add(name, value)


def mark_source(request: Request, host: str, port: int) -> None:
    """
    Write into the topmost Via where the request came from.

    Source: RFC 3261 section 18.2.1. The text of the Via stays as it was otherwise, since its
    sender recognises it by comparing.
    """
    via = read_top_via(request)
    values = request.headers.getlist("Via")
    first, comma, rest = values[0].partition(",")
    if "rport" in via.parameters and via.parameters["rport"] is None:
        first = first.replace(";rport", f";rport={port}", 1)
    if _unbracket(via.host) != _unbracket(host) and "received" not in via.parameters:
        first = f"{first};received={host}"
    request.headers.setlist("Via", [first + comma + rest, *values[1:]])


def reply_port(request: Request, port: int) -> int:
    """
    Return the port that a response over UDP goes to; `port` is where the request came from.

    Source: RFC 3261 section 18.2.2. With `rport` (RFC 3581) it is the source port.
    """
    via = read_top_via(request)
    return port if "rport" in via.parameters else via.port or 5060


def transaction_key(message: Request | Response) -> tuple[str, ...]:
    """
    Return what a transaction is found by; ACK has the key of its INVITE.

    Source: RFC 3261 sections 17.1.3, 17.2.3.
    """
    via = read_top_via(message)
    branch = via.parameters.get("branch") or ""
    method = read_cseq(message).method
    method = "INVITE" if method == "ACK" else method
    if isinstance(message, Response):
        return (branch, method)
    if branch.startswith(MAGIC_COOKIE):
        return (branch, via.host, str(via.port), method)
    headers = message.headers
    old = (headers["Call-ID"], find_tag(headers["From"]), str(read_cseq(message).sequence))
    return (*old, via.host, str(via.port), method)


def _unbracket(host: str) -> str:
    text = host.removeprefix("[").removesuffix("]")
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return text.lower()
