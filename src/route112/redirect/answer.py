"""What one request is answered: 302 with the numbers to ring, or the reason why not."""

from collections.abc import Iterator

from route112.redirect.book import Book, Line
from route112.redirect.callers import find_caller
from route112.redirect.origin import find_operator, listen
from route112.redirect.sip import Request, read_octets, render_response
from route112.redirect.targets import list_targets

HOPS_MAX = 2
"""Next hops named for one number."""
ALLOWED = b"INVITE, ACK, OPTIONS"
_STEP = 100
"""Thousandths of q from one contact to the next: eight contacts stay above zero."""


def answer_request(
    book: Book, request: Request, *, source: tuple[str, int], now: int
) -> bytes | None:
    """
    Answer one request.

    Args:
        source: numeric address and port that it came from.
        now: UTC, microseconds.
    Returns: the response; None for an ACK, which nothing follows.
    """
    server = (b"Server", b"route112-redirect g%d" % book.generation)
    if request.method == b"ACK":
        return None
    if request.refusal:
        return render_response(request, request.refusal, source=source, headers=(server,))
    place = find_operator(book.networks, source[0])
    if place is None:
        return render_response(request, 403, source=source, headers=(server,))
    if request.method == b"OPTIONS":
        headers = ((b"Allow", ALLOWED), server)
        return render_response(request, 200, source=source, headers=headers)
    if request.method != b"INVITE":
        headers = ((b"Allow", ALLOWED), server)
        return render_response(request, 405, source=source, headers=headers)
    operator = book.operators[place]
    spoken = listen(operator.rules, read_octets(request.uri), request.find_header)
    if spoken.is_test:
        return render_response(request, 404, source=source, headers=(server,))
    targets = list_targets(
        book,
        spoken.dialled,
        spoken.commune,
        caller=find_caller(operator, spoken),
        default_commune=operator.default_commune,
        now=now,
    )
    contacts = ((b"Contact", contact) for contact in render_contacts(targets))
    return render_response(request, 302, source=source, headers=(*contacts, server))


def render_contacts(targets: list[tuple[Line, str]]) -> Iterator[bytes]:
    """Yield a Contact for each number and next hop, the first to try with the highest q."""
    thousandths = 1_000
    for line, _ in targets:
        for address, transport in line.hops[:HOPS_MAX]:
            quality = f"{thousandths / 1000:.1f}"
            uri = f"<sip:{line.number}@{address};transport={transport}>;q={quality}"
            yield uri.encode()
            thousandths -= _STEP
