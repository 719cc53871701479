"""
A SIP request as far as a stateless redirect server needs it, and the responses to it.

Header values that a response repeats (Via, From, To, Call-ID, CSeq) go back as the bytes that
came, whatever their encoding. Everything else of a message is looked at only where a rule of a
dialect asks for it. No transaction is kept: the same request gets the same response, tag included.

Source: RFC 3261 sections 7.3, 8.2.6, 8.2.7, 18.2.2; RFC 3581 section 4.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

MESSAGE_BYTES_MAX = 65_535
"""Bytes of one message, over any transport."""
_COMPACT = {
    "a": "accept-contact", "b": "referred-by", "c": "content-type", "d": "request-disposition",
    "e": "content-encoding", "f": "from", "i": "call-id", "j": "reject-contact", "k": "supported",
    "l": "content-length", "m": "contact", "n": "identity-info", "o": "event", "r": "refer-to",
    "s": "subject", "t": "to", "u": "allow-events", "v": "via", "x": "session-expires",
    "y": "identity",
}  # fmt: skip
_LONG = {name.encode(): long.encode() for name, long in _COMPACT.items()}
_START = re.compile(
    rb"([A-Za-z0-9.!%*_+`'~-]{1,32}) ([^ \r\n\t]+) SIP/([0-9]{1,9}\.[0-9]{1,9})[ \t]*",
    re.IGNORECASE,
)
_NAME = re.compile(rb"([A-Za-z0-9.!%*_+`'~-]+)[ \t]*:")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LINE_END = re.compile(rb"\r?\n")
_VIA = re.compile(
    rb"SIP[ \t]*/[ \t]*2\.0[ \t]*/[ \t]*[A-Za-z0-9-]+[ \t]+"
    rb"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?:[ \t]*:[ \t]*([0-9]{1,5}))?[ \t]*(?:;[^,]*)?",
    re.IGNORECASE,
)
_RPORT = re.compile(rb";[ \t]*rport(?=[ \t]*(?:;|$))", re.IGNORECASE)
_TAG = re.compile(rb";[ \t]*tag[ \t]*=", re.IGNORECASE)
_FOLD = re.compile(rb"(?:(?<![ \t])[ \t]+)?\r?\n[ \t]+")
"""Begins at the first of a row of blanks only: a search costs no more than its text is long."""
PORT = 5060
"""Where a response goes whose request names no port."""
REASONS = {
    200: b"OK", 302: b"Moved Temporarily", 400: b"Bad Request", 403: b"Forbidden",
    404: b"Not Found", 405: b"Method Not Allowed", 505: b"Version Not Supported",
    513: b"Message Too Large",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """A request that can be answered."""

    method: bytes
    """In capitals; empty where the start line cannot be read."""
    uri: bytes
    vias: tuple[bytes, ...]
    copied: tuple[tuple[bytes, bytes], ...]
    """From, To, Call-ID, CSeq: name and value."""
    headers: dict[bytes, bytes]
    """First of each name, in small letters and long form."""
    refusal: int = 0
    """Status that says why it is understood no further; 0 for a sound one."""

    def find_header(self, name: str) -> str | None:
        """Return the first header of a name, as `read_octets` does."""
        key = name.lower()
        value = self.headers.get(_COMPACT.get(key, key).encode("utf-8", "replace"))
        return None if value is None else read_octets(value)


def read_octets(value: bytes) -> str:
    """Return octets as text, a question mark for each that is not ASCII."""
    return value.decode("ascii", "replace").replace("\ufffd", "?")


def parse_request(message: bytes, *, size: int = 0) -> Request | None:
    """
    Read one whole message, its body left aside.

    A line that is no header is passed over: a call for help is not refused for it.

    Args:
        size: bytes of the whole, where `message` is only its beginning.
    Returns: None for what cannot be answered: a response, noise, a request whose sender or
        transaction cannot be told.
    """
    if message[:4].upper() == b"SIP/":
        return None
    head = _HEAD_END.split(message.lstrip(b"\r\n"), maxsplit=1)[0]
    start, *lines = _LINE_END.split(_FOLD.sub(b" ", head))
    headers: dict[bytes, bytes] = {}
    vias: list[bytes] = []
    for line in lines:
        found = _NAME.match(line)
        if found is None:
            continue
        name, value = found[1].lower(), line[found.end() :].strip(b" \t\r\n")
        name = _LONG.get(name, name)
        if name == b"via":
            vias.append(value)
        headers.setdefault(name, value)
    needed = (b"from", b"to", b"call-id", b"cseq")
    if not vias or any(not headers.get(name) for name in needed) or not _is_clean(headers, vias):
        return None
    top = _VIA.match(vias[0])
    if top is None or int(top[1] or PORT) > 65_535:  # noqa: PLR2004  highest port
        return None
    begun = _START.fullmatch(start)
    copied = tuple((name, headers[name]) for name in needed)
    method, uri = (begun[1].upper(), begun[2]) if begun else (b"", b"")
    refusal = _find_refusal(begun[3] if begun else b"", max(size, len(message)))
    return Request(method, uri, tuple(vias), copied, headers, refusal)


def _find_refusal(version: bytes, size: int) -> int:
    if not version:
        return 400
    if version != b"2.0":
        return 505
    return 513 if size > MESSAGE_BYTES_MAX else 0


def _is_clean(headers: dict[bytes, bytes], vias: list[bytes]) -> bool:
    """Tell whether what a response repeats stays on its line."""
    repeated = (*vias, *(headers[name] for name in (b"from", b"to", b"call-id", b"cseq")))
    return not any(b"\r" in value or b"\n" in value or b"\0" in value for value in repeated)


def find_reply_port(request: Request, source_port: int) -> int:
    """Return the port that a datagram's response goes to; the address is that of the source."""
    top = _VIA.match(request.vias[0])
    if top is None or _RPORT.search(top[0]):
        return source_port
    return int(top[1] or PORT) or source_port


def render_response(
    request: Request,
    code: int,
    *,
    source: tuple[str, int],
    headers: Iterable[tuple[bytes, bytes]] = (),
) -> bytes:
    """
    Write a response.

    Args:
        source: numeric address and port that the request came from.
        headers: further ones, in order.
    """
    lines = [b"SIP/2.0 %d %s" % (code, REASONS[code])]
    lines.append(b"Via: " + _mark_via(request.vias[0], source))
    lines += [b"Via: " + via for via in request.vias[1:]]
    for name, value in request.copied:
        tagged = value
        if name == b"to" and not _TAG.search(value):
            tagged = value + b";tag=" + _make_tag(request.vias[0], request.copied)
        lines.append(_NAMES[name] + b": " + tagged)
    lines += [name + b": " + value for name, value in headers]
    lines.append(b"Content-Length: 0\r\n\r\n")
    return b"\r\n".join(lines)


_NAMES = {b"from": b"From", b"to": b"To", b"call-id": b"Call-ID", b"cseq": b"CSeq"}


def _mark_via(value: bytes, source: tuple[str, int]) -> bytes:
    """Write into the topmost Via where the request came from."""
    top = _VIA.match(value)
    if top is None:
        return value
    marked = _RPORT.sub(b";rport=%d" % source[1], top[0], count=1)
    return marked.rstrip(b" \t") + b";received=" + source[0].encode() + value[top.end() :]


@lru_cache(maxsize=1_024)
def _make_tag(via: bytes, copied: tuple[tuple[bytes, bytes], ...]) -> bytes:
    """Return the tag of this transaction, the same for each retransmission."""
    digest = hashlib.sha256(via)
    for _, value in copied:
        digest.update(b"\0" + value)
    return digest.hexdigest()[:16].encode()
