"""
Agreement: each translation of a snapshot, asked over SIP, rings the same line for the same key.

Nothing is believed that a translation says about itself. `answer_invite` is a PSAP that writes
down which number was rung at which next hop; `read_redirect` reads what a redirect server told
its caller to ring. `Asker` asks a running process for many keys, a bounded number of them at
once, and knows no socket and no clock. `find_disagreements` lays the answers beside each other,
and beside what a second derivation expects.
"""

import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

WINDOW_MAX = 1_024
"""Questions under way at once, at most."""
RESEND_S = 0.5
"""A question without a final answer is sent again after this time (RFC 3261 section 17.1.1.2)."""
GIVE_UP_S = 8.0
"""A question without a final answer by then has none."""
MISSING = ""
"""The answer where none came."""

_CALL_ID = re.compile(rb"\r\nCall-ID: *([a-z0-9]+)-(\d{1,7})@", re.IGNORECASE)
_RUNG = re.compile(rb"INVITE sip:([^@;>\s]{1,64})@")
_CONTACT = re.compile(rb"\r\nContact: *<sip:([^@;>\s]{1,64})@([^;>\s]{1,64})", re.IGNORECASE)
_STATUS = re.compile(rb"SIP/2\.0 ([1-6]\d\d) ")
_KEPT = (b"via:", b"from:", b"call-id:", b"cseq:")
_PHRASES = {200: b"OK", 603: b"Decline"}


@dataclass(frozen=True, slots=True)
class Key:
    """A commune and a short number."""

    commune: str
    number: str


@dataclass(frozen=True, slots=True)
class Network:
    """How an operator's network writes a key down."""

    uri: str
    """Request URI with `{number}`, `{commune}`, `{to}`."""
    header: str = ""
    """One more header line with `{commune}`; empty: none."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A key that is not answered alike, or not as expected."""

    key: Key
    expected: str
    """Long number; empty where nothing was expected."""
    answers: Mapping[str, str]
    """By translation: number, `@` and next hop; MISSING where none came."""


def render_invite(key: Key, network: Network, *, call: str, own: str, to: str) -> bytes:
    """
    Render the INVITE that asks for a key.

    Args:
        call: beginning of the Call-ID, the branch and the tag; unique for each question.
        own: `host:port` that the answer is sent to.
        to: `host:port` that is asked.
    """
    uri = network.uri.format(number=key.number, commune=key.commune, to=to)
    header = network.header.format(commune=key.commune)
    return (
        f"INVITE {uri} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP {own};branch=z9hG4bK{call};rport\r\n"
        f"From: <sip:+999000001@{own}>;tag={call}\r\nTo: <sip:{key.number}@{to}>\r\n"
        f"Call-ID: {call}@route112.test\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n"
        f"Contact: <sip:caller@{own}>\r\n{header + chr(13) + chr(10) if header else ''}"
        "Content-Length: 0\r\n\r\n"
    ).encode("utf-8", "surrogateescape")


def render_ack(invite: bytes, reply: bytes) -> bytes:
    """Render the ACK of a final response other than 2xx: same branch, the To of the reply."""
    head = invite.split(b"\r\n")
    to = next(line for line in reply.split(b"\r\n") if line.lower().startswith(b"to:"))
    lines = [b"ACK" + head[0][6:], *head[1:3], to, head[4], b"CSeq: 1 ACK", *head[6:7]]
    return b"\r\n".join((*lines, b"Content-Length: 0", b"", b""))


def answer_invite(message: bytes, *, hop: str, status: int = 200) -> tuple[str, str, bytes] | None:
    """
    Answer one INVITE as the PSAP at a next hop, at once and for good.

    Args:
        hop: `host:port` that it came in on.
    Returns: Call-ID up to the `@`, number with next hop as `number@host:port`, and the response;
        None where the message is no INVITE of an Asker.
    """
    rung, call_id = _RUNG.match(message), _CALL_ID.search(message)
    if rung is None or call_id is None:
        return None
    lines = [b"SIP/2.0 %d %s" % (status, _PHRASES[status])]
    for line in message.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]:
        name = line[:8].lower()
        if name.startswith(_KEPT):
            lines.append(line)
        elif name.startswith(b"to:"):
            lines.append(line + b";tag=psap")
    lines += [b"Contact: <sip:%s>" % hop.encode("ascii"), b"Content-Length: 0", b"", b""]
    call = f"{call_id[1].decode('ascii')}-{call_id[2].decode('ascii')}"
    return call, f"{rung[1].decode('ascii')}@{hop}", b"\r\n".join(lines)


def read_redirect(reply: bytes) -> tuple[str, ...]:
    """Read the contacts of a 302 in order, each as `number@host:port`."""
    return tuple(
        f"{number.decode('ascii')}@{hop.decode('ascii')}"
        for number, hop in _CONTACT.findall(reply)
    )


@dataclass(slots=True)
class _Question:
    message: bytes
    asked_s: float
    sent_s: float


class Asker:
    """
    Asks one running process for keys, and collects what was rung.

    Args:
        messages: an INVITE for each key; its place is the number in its Call-ID, `CALL-PLACE@...`.
        call: letters and digits that begin the Call-IDs; one asker, one text.
        window: questions under way at once.
    """

    def __init__(self, messages: Sequence[bytes], *, call: str, window: int) -> None:
        assert 1 <= window <= WINDOW_MAX, f"{window} questions at once"
        self.rung: list[list[str]] = [[] for _ in messages]
        """For each key the numbers with next hops that were rung, in order."""
        self.statuses: list[int] = [0] * len(messages)
        """For each key the final status; 0 where none came."""
        self._messages = messages
        self._call = call
        self._window = window
        self._next = 0
        self._open: OrderedDict[int, _Question] = OrderedDict()

    @property
    def finished(self) -> bool:
        """Whether each question has its answer or was given up."""
        return self._next == len(self._messages) and not self._open

    def list_due(self, now_s: float) -> Iterator[tuple[int, bytes]]:
        """Yield what is to be sent now, each with the place of its key."""
        for place, question in list(self._open.items()):
            if now_s - question.sent_s < RESEND_S:
                break  # the longest unsent stands first
            del self._open[place]
            if now_s - question.asked_s < GIVE_UP_S:
                question.sent_s = now_s
                self._open[place] = question
                yield place, question.message
        while len(self._open) < self._window and self._next < len(self._messages):
            message = self._messages[self._next]
            self._open[self._next] = _Question(message, now_s, now_s)
            self._next += 1
            yield self._next - 1, message

    def take_reply(self, reply: bytes) -> bytes | None:
        """Take what came back; return the ACK that it calls for."""
        status, call_id = _STATUS.match(reply), _CALL_ID.search(reply)
        if status is None or call_id is None or call_id[1].decode("ascii") != self._call:
            return None
        place, code = int(call_id[2]), int(status[1])
        if code < 200 or place >= len(self._messages):  # noqa: PLR2004  not final
            return None
        if self._open.pop(place, None) is not None:
            self.statuses[place] = code
            if 300 <= code < 400:  # noqa: PLR2004  redirected
                self.rung[place] += read_redirect(reply)
        if code < 400:  # noqa: PLR2004  a redirect server keeps no transaction
            return None
        return render_ack(self._messages[place], reply)

    def take_ring(self, call: str, rung: str) -> None:
        """Take what a PSAP wrote down; the same ring twice is a retransmission."""
        name, _, place = call.partition("-")
        if name == self._call and int(place) < len(self.rung):
            seen = self.rung[int(place)]
            if rung not in seen:
                seen.append(rung)

    def list_first(self) -> list[str]:
        """List what was rung first for each key."""
        return [rung[0] if rung else MISSING for rung in self.rung]


def find_disagreements(
    keys: Sequence[Key], answers: Mapping[str, Sequence[str]], expected: Sequence[str]
) -> tuple[Disagreement, ...]:
    """
    Compare the answers of several translations, key by key.

    Args:
        answers: by translation, one for each key: `number@host:port`, or MISSING.
        expected: long numbers, one for each key; empty where nothing is expected.
    """
    found = []
    columns = tuple(answers.values())
    assert {len(column) for column in (*columns, expected)} <= {len(keys)}, "an answer for each"
    for key, number, *given in zip(keys, expected, *columns, strict=True):
        first = given[0]
        alike = all(answer == first for answer in given)
        right = first.partition("@")[0] == number if number else first != MISSING
        if not (alike and right):
            found.append(Disagreement(key, number, dict(zip(answers, given, strict=True))))
    return tuple(found)
