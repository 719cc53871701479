"""SIP under fuzzing: two readers written apart, a stream, an agent, and both answers to one call."""

import contextlib
import itertools

from tests.support.redirect import find_numbers, find_status, find_values, make_request
from tests.support.sip_pair import ANSWER, OFFER, make_peer
from tests.support.snapshots import NOW, small_content

from route112.model import States
from route112.redirect import answer_request, read_book
from route112.redirect.origin import find_operator, listen
from route112.redirect.sip import find_reply_port, parse_request, read_octets
from route112.routing import decide, read_call
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot
from route112.wire.sip import Agent, Kind, SipError, parse_message, render_message
from route112.wire.sip.messages import find_tag, find_uri, split_values
from route112.wire.sip.sdp import find_audio
from route112.wire.sip.stream import MessageStream

SNAPSHOT = write_snapshot(small_content(orders=()))
BOOK = read_book(SNAPSHOT)
READER = Snapshot(SNAPSHOT)
SOURCE = ("127.0.2.1", 5080)
STEPS_S = (0.0, 0.2, 1.0, 40.0, 400.0)
"""When an agent's timers are looked at after a message."""
CHUNKS = (1, 7, 400)

INVITE = make_request("sip:17@h;commune=29019", X_Commune="75101", P_Asserted_Identity="<tel:+1>")
WITH_BODY = INVITE.replace(b"Content-Length: 0", b"l: %d" % len(OFFER)) + OFFER
RESPONSE = INVITE.replace(INVITE.partition(b"\r\n")[0], b"SIP/2.0 183 Session Progress")
SEEDS = (
    INVITE,
    WITH_BODY,
    RESPONSE,
    make_request("urn:service:sos.fire", method="OPTIONS", Contact="<sip:a@[::1]>, sips:b"),
    make_request("tel:15;phone-context=x", Record_Route="<sip:a;lr>, <sip:b;lr>", X_Technology="a"),
    make_request("sip:%31%35;isub=1:pw@h;commune=29019;commune=x?y", X_Commune="29019\r\n "),
    make_request("urn:nena:service:te%73t.sos;x"),
    INVITE.replace(b"\r\nCSeq", b"\r\n folded\r\nCSeq").replace(b"<sip:15", b'"\xe9, \\"" <sip:15'),
    *(make_request(method=method, To="<sip:a>;tag=b") for method in ("ACK", "BYE", "CANCEL")),
)  # fmt: skip


DIALECT_SEEDS = (
    b"sip:15;isub=1@h;commune=29019\n75101", b"tel:%31%35;x=y\n29019", b"urn:service:test.sos\n",
    b"URN:nena:service:sos%2efire?x\n", b"sip:1%3@a@b;COMMUNE=2A004;commune=1?z\n\xc3\xa9 29019",
)  # fmt: skip


def read_message(content: bytes) -> None:
    """Parse; what was understood has to come back as it was."""
    try:
        message = parse_message(content)
    except SipError:
        return
    written = render_message(message)
    again = parse_message(written)
    assert render_message(again) == written
    assert again.body == message.body
    for name in ("From", "To", "Contact", "Record-Route", "Route"):
        for value in split_values(message.headers.getlist(name)):
            assert "\r" not in find_uri(value) + find_tag(value)
    audio = find_audio(message.body)
    assert audio is None or 0 < audio.port < 65_536


def read_stream(content: bytes) -> None:
    """Cut a stream; how it was cut by the network makes no difference."""
    whole = _cut(content, max(1, len(content)))
    for size in CHUNKS:
        found = _cut(content, size)
        assert found[1] == whole[1]
        assert whole[1] or found[0] == whole[0]
    for message in whole[0]:
        assert message in content


def _cut(content: bytes, size: int) -> tuple[list[bytes], bool]:
    stream, messages = MessageStream(), []
    for start in range(0, len(content), size):
        try:
            messages += stream.feed(content[start : start + size])
        except SipError:
            return messages, True
    return messages, False


def ask_agent(content: bytes) -> None:
    """Give an agent several messages; it may answer, but neither fail nor answer without end."""
    numbers = itertools.count()
    agent = Agent(lambda: f"t{next(numbers)}")
    agent.answers_calls = True
    for part in content.split(b"\xff\xfe"):
        agent.receive(part, make_peer(), 0.0)
        for event in agent.events:
            if event.kind is Kind.INCOMING:
                with contextlib.suppress(SipError):
                    event.call.progress(0.0)
                    event.call.answer(0.0, ANSWER)
        agent.events = []
    for step_s in STEPS_S:
        agent.wake(step_s)
    assert len(agent.outgoing) < 100 * (1 + content.count(b"\xff\xfe"))
    for outgoing in agent.outgoing:
        parse_message(outgoing.content)


def ask_redirect(content: bytes) -> None:
    """Ask the redirect server; whatever it says is one message to the one who asked."""
    request = parse_request(content)
    if request is None:
        return
    assert 0 < find_reply_port(request, SOURCE[1]) < 65_536
    reply = answer_request(BOOK, request, source=SOURCE, now=NOW)
    if reply is None:
        assert request.method == b"ACK"
        return
    assert reply.endswith(b"\r\n\r\n")
    assert reply.count(b"\r\n\r\n") == 1
    assert find_status(reply) in (200, 302, 400, 404, 405, 505, 513)
    assert reply.count(b"\r\nVia: ") == len(request.vias)
    if find_status(reply) in (302, 404):
        _check_decision(request, find_numbers(reply))
    if find_status(reply) == 302:
        assert find_values(reply, "Content-Length") == ["0"]


def _check_decision(request, numbers) -> None:
    """Compare with what a site would do: code written apart, on the same snapshot."""
    uri = read_octets(request.uri)
    read = read_call(READER, source=SOURCE[0], request_uri=uri, find_header=request.find_header)
    if read.is_test:
        assert numbers == [], read.call
        return
    decision = decide(read.call, READER, States(), now=NOW)
    assert [target.number for target in decision.targets] == numbers, read.call


def read_alike(content: bytes) -> None:
    """Read a request URI and a header in a dialect, by two programs; `\\n` parts the two."""
    uri, _, header = content.partition(b"\n")
    source = SOURCE[0]
    text = header.decode("utf-8", "surrogateescape")
    try:
        whole = uri.decode("utf-8")
        text.encode("utf-8")
    except UnicodeError:
        return  # what is not UTF-8 reaches one of the two as octets
    rules = BOOK.operators[find_operator(BOOK.networks, source)].rules
    values = {"x-commune": read_octets(header)}
    spoken = listen(rules, read_octets(uri), values.get)
    read = read_call(READER, source=source, request_uri=whole, find_header={"X-Commune": text}.get)
    assert spoken.dialled == read.call.dialled
    assert spoken.is_test == read.is_test
    if header == header.strip() and b"\n" not in header:
        assert spoken.commune == read.call.commune
