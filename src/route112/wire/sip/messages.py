"""
One SIP message: bytes to a `sipmessage` Request or Response, and back, byte for byte.

`sipmessage` gives the grammar of single fields. Three things are done here instead of there: what
a hostile sender may send is bounded, bytes that are not UTF-8 survive a round trip (an operator's
Latin-1 display name has to come back as it was), and a URI is sent exactly as it was received,
`urn:service:sos.fire` included.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from sipmessage import URI, CSeq, Request, Response
from sipmessage.message import COMPACT_FORMS

from route112.wire.sip.headers import IndexedHeaders

MESSAGE_BYTES_MAX = 65_535
"""A message over any transport; RFC 3261 section 18.1.1 asks for the size of a datagram."""
HEADERS_MAX = 200
LINE_LENGTH_MAX = 8_192
"""Characters of one header, unfolded."""
SEQUENCE_MAX = 2**31 - 1

PORT_MAX = 65_535

MAGIC_COOKIE = "z9hG4bK"

READ_MAX = 2_048
"""Values that were read lately and are not read again: one message is asked for its Via and CSeq
several times, and the same URIs come in every call."""

_TOKEN = re.compile(r"[A-Za-z0-9.!%*_+`'~-]+")
_STATUS = re.compile(r"[1-6][0-9]{2}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_TAG = re.compile(r";\s*tag\s*=\s*([^;,\s]+)", re.IGNORECASE)
_VIA = re.compile(
    r"SIP\s*/\s*2\.0\s*/\s*(?P<transport>[A-Za-z0-9]+)\s+"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?:\s*:\s*(?P<port>[0-9]{1,5}))?"
    r"\s*(?P<parameters>(?:;.*)?)"
)
_ONCE = ("From", "To", "Call-ID", "CSeq")
_PRINTABLE = re.compile(r"[^\x00-\x20\x7f<>]+")


class SipError(ValueError):
    """What a peer sent cannot be understood; `status` is how a request would be refused."""

    def __init__(self, reason: str, *, status: int = 400) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class TopVia:
    """The topmost Via, as far as transactions and replies need it."""

    transport: str
    host: str
    port: int | None
    parameters: Mapping[str, str | None]
    """Names in lower case; None for a flag."""


@dataclass(frozen=True)
class ExactUri(URI):
    """A URI that is written exactly as it was read."""

    text: str = ""

    def __str__(self) -> str:
        """Return the text as read."""
        return self.text


@lru_cache(READ_MAX)
def parse_uri(text: str) -> ExactUri:
    """
    Parse a SIP, SIPS or TEL URI or a URN.

    Raises: SipError.
    """
    scheme = _SCHEME.match(text)
    if scheme is None or not _PRINTABLE.fullmatch(text):
        raise SipError("no URI")
    if scheme[0].lower() == "urn:":
        return ExactUri(scheme="urn", host=text[4:], text=text)
    try:
        uri = URI.parse(scheme[0].lower() + text[scheme.end() :])
    except (ValueError, TypeError) as error:  # TypeError: a parameter that is called `self`
        raise SipError("no URI that SIP knows", status=416) from error
    return ExactUri(uri.scheme, uri.host, uri.user, uri.password, uri.port, uri.parameters, text)


def parse_message(content: bytes) -> Request | Response:
    """
    Parse one whole message; a body longer than Content-Length says is cut.

    Raises: SipError when it is too large, truncated, or not SIP.
    """
    if len(content) > MESSAGE_BYTES_MAX:
        raise SipError(f"more than {MESSAGE_BYTES_MAX} bytes", status=513)
    head, separator, body = content.partition(b"\r\n\r\n")
    if not separator:
        raise SipError("no end of headers")
    first, *lines = _unfold(head.decode("utf-8", "surrogateescape"))
    message = _parse_first(first)
    message.headers = IndexedHeaders()
    if len(lines) > HEADERS_MAX:
        raise SipError(f"more than {HEADERS_MAX} headers")
    for line in lines:
        _add_header(message, line)
    message.body = _cut(message, body)
    _check(message)
    return message


def render_message(message: Request | Response) -> bytes:
    """Render a message with the Content-Length of its body."""
    if isinstance(message, Request):
        first = f"{message.method} {message.uri} SIP/2.0"
    else:
        first = f"SIP/2.0 {message.code} {message.phrase}"
    message.headers.set("Content-Length", str(len(message.body)))
    head = f"{first}\r\n{message.headers}"
    return head.encode("utf-8", "surrogateescape") + message.body


def find_tag(value: str) -> str:
    """Return the tag parameter of a From or To value; empty without one."""
    match = _TAG.search(value[value.rfind(">") + 1 :])
    return match[1] if match else ""


def read_top_via(message: Request | Response) -> TopVia:
    """
    Read the topmost Via.

    Raises: SipError.
    """
    return _read_via((message.headers.get("Via") or "").partition(",")[0].strip())


@lru_cache(READ_MAX)
def _read_via(value: str) -> TopVia:
    match = _VIA.fullmatch(value)
    if match is None:
        raise SipError("no Via")
    port = int(match["port"] or 0)
    if port > PORT_MAX:
        raise SipError("no port in Via")
    parameters: dict[str, str | None] = {}
    for part in match["parameters"].split(";")[1:]:
        name, equals, value = part.partition("=")
        parameters[name.strip().lower()] = value.strip() if equals else None
    return TopVia(match["transport"].lower(), match["host"], port or None, parameters)


def read_cseq(message: Request | Response) -> CSeq:
    """
    Parse CSeq.

    Raises: SipError.
    """
    return _read_cseq(message.headers.get("CSeq") or "")


@lru_cache(READ_MAX)
def _read_cseq(value: str) -> CSeq:
    number, _, method = " ".join(value.split()).partition(" ")
    plain = number.isascii() and number.isdigit() and len(number) <= len(str(SEQUENCE_MAX))
    if not (plain and int(number) <= SEQUENCE_MAX and _TOKEN.fullmatch(method)):
        raise SipError("no CSeq")
    return CSeq(sequence=int(number), method=method)


def split_values(values: list[str]) -> tuple[str, ...]:
    """Split comma-separated addresses as they are: commas in quotes or brackets do not count."""
    found: list[str] = []
    for value in values:
        start, quoted, bracketed = 0, False, False
        for index, character in enumerate(value):
            if character == '"' and value[index - 1 : index] != "\\":
                quoted = not quoted
            elif character in "<>" and not quoted:
                bracketed = character == "<"
            elif character == "," and not (quoted or bracketed):
                found.append(value[start:index].strip())
                start = index + 1
        found.append(value[start:].strip())
    return tuple(filter(None, found))


def find_uri(value: str) -> str:
    """Return the URI of an address value as it is: between the brackets, or before parameters."""
    _, bracket, rest = value.rpartition("<")
    return rest.partition(">")[0].strip() if bracket else value.partition(";")[0].strip()


def _unfold(head: str) -> list[str]:
    lines: list[str] = []
    for line in head.split("\r\n"):
        if line[:1] in (" ", "\t") and len(lines) > 1:
            lines[-1] += " " + line.strip()
        else:
            lines.append(line)
    if any(len(line) > LINE_LENGTH_MAX for line in lines):
        raise SipError(f"a line of more than {LINE_LENGTH_MAX} characters")
    if any("\r" in line or "\n" in line or "\0" in line for line in lines):
        raise SipError("a control character in a header")
    return lines


def _parse_first(line: str) -> Request | Response:
    words = line.split(" ", 2)
    if len(words) < 3:  # noqa: PLR2004  three words
        raise SipError("no first line")
    if words[0] == "SIP/2.0":
        if not _STATUS.fullmatch(words[1]):
            raise SipError("no status")
        return Response(int(words[1]), words[2])
    if words[2] != "SIP/2.0":
        raise SipError("not SIP/2.0", status=505)
    if not _TOKEN.fullmatch(words[0]):
        raise SipError("no method")
    return Request(words[0], parse_uri(words[1]))


def _add_header(message: Request | Response, line: str) -> None:
    name, colon, value = line.partition(":")
    name = name.rstrip(" \t")
    if not colon or not _TOKEN.fullmatch(name):
        raise SipError("a line that is no header")
    message.headers.add(COMPACT_FORMS.get(name.lower(), name), value.strip())


def _cut(message: Request | Response, body: bytes) -> bytes:
    value = message.headers.get("Content-Length")
    if value is None:
        return body
    if not (value.isascii() and value.isdigit() and len(value) <= len(str(MESSAGE_BYTES_MAX))):
        raise SipError("no Content-Length")
    if int(value) > len(body):
        raise SipError("truncated")
    return body[: int(value)]


def _check(message: Request | Response) -> None:
    for name in _ONCE:
        if len(message.headers.getlist(name)) != 1 or not message.headers[name]:
            raise SipError(f"{name} has to be there once")
    read_top_via(message)
    if isinstance(message, Request) and read_cseq(message).method != message.method:
        raise SipError("CSeq names another method")
    read_cseq(message)
