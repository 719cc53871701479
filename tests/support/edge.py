"""A small edge in front of a site, and conversations that go through both."""

import socket
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.sipp_psaps import find_free_port, find_program
from tests.support.site import CALLER, Call, Caller, Message, Psap, Site, render_reply

from route112.adapters.processes import ask_options

EDGE = "127.0.2.3"
PORTS = range(5061, 5100)
"""Not the default port, which Kamailio leaves out of a Record-Route."""
READY_SECONDS_MAX = 8
TEMPLATE = Path(__file__).with_name("edge.cfg")
BUFFER_BYTES = 4_000_000
"""Of a socket, so that the ends of many calls lose nothing themselves."""


@dataclass
class Edge:
    """Takes the place of a site for callers."""

    places: dict = field(default_factory=dict)
    callers: list = field(default_factory=list)
    child: object = None

    @property
    def address(self):
        """Host and port."""
        return self.places["udp", False]

    def start(self, site: Site):
        """Start Kamailio as a child of the site's test."""
        port = find_free_port(EDGE, PORTS)
        self.places["udp", False] = (EDGE, port)
        target = "{}:{}".format(*site.places["udp", False])
        text = TEMPLATE.read_text(encoding="utf-8")
        text = text.replace("@{edge}", f"{EDGE}:{port}").replace("@{site}", target)
        config = site.folder / "edge.cfg"
        config.write_text(text, encoding="utf-8")
        folder = site.folder / "edge"
        folder.mkdir()
        argv = [find_program("kamailio"), "-f", str(config), "-m", "64", "-M", "8", "-DD", "-E"]
        argv += ["-Y", str(folder), "-P", str(folder / "pid")]
        self.child = site.children.start("edge", argv, log=site.folder / "edge.log")
        site.children.wait_until(
            lambda: ask_options(EDGE, port) is not None,
            timeout_s=READY_SECONDS_MAX,
            what="the edge answers",
        )


class CallerEnd:
    """The callers' phone: it answers what comes within a conversation."""

    def __init__(self, edge: Edge, *, host: str = CALLER) -> None:
        self.caller = Caller(edge, host=host)
        self.caller.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        self.replies: dict[tuple[str, str], int] = {}
        """Final status by Call-ID and CSeq."""
        self.asked: list[Message] = []

    def listen(self, seconds: float, *, until=lambda: False) -> None:
        """Take messages until it is enough, or until time is over."""
        deadline = time.monotonic() + seconds
        while not until() and (left_s := deadline - time.monotonic()) > 0:
            message = self.caller.receive(min(left_s, 0.05))
            if message is None:
                continue
            if not message.status:
                self.asked.append(message)
                if not message.start.startswith("ACK"):
                    reply = render_reply(message, 200, contact=self.caller.sent_by)
                    self.caller.socket.send(reply)
            elif message.status >= 200:
                self.replies[message.get("Call-ID"), message.get("CSeq")] = message.status

    def send(self, method: str, talk: "Talk", cseq: int) -> None:
        """Send a request within a conversation."""
        content = self.caller.render(
            method, talk.psap_contact, talk.call.call_id, to_tag=talk.psap_tag, cseq=cseq,
            headers=tuple(f"Route: {route}" for route in talk.routes),
            branch=f"z9hG4bK{uuid.uuid4().hex}",
        )  # fmt: skip
        self.caller.socket.send(content)


@dataclass
class Talk:
    """One conversation, as both ends know it once it is answered."""

    call: Call
    psap: Psap
    answer: Message
    invite: Message
    """As the PSAP received it."""

    @property
    def routes(self) -> list[str]:
        """The caller's route set."""
        return self.answer.all("Record-Route")[::-1]

    @property
    def psap_contact(self) -> str:
        """Remote target of the caller."""
        return self.answer.get("Contact").strip("<>")

    @property
    def psap_tag(self) -> str:
        """Tag of the PSAP's end."""
        return self.answer.get("To").partition(";tag=")[2]

    def send(self, method: str, cseq: int, edge: tuple[str, int]) -> None:
        """Send a request from the PSAP's end."""
        routes = self.invite.all("Record-Route")
        lines = [
            f"{method} {self.invite.get('Contact').strip('<>')} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.psap.address};branch=z9hG4bK{uuid.uuid4().hex}",
            "Max-Forwards: 70",
            *(f"Route: {route}" for route in routes),
            f"From: {self.answer.get('To')}",
            f"To: {self.invite.get('From')}",
            f"Call-ID: {self.call.call_id}",
            f"CSeq: {cseq} {method}",
            f"Contact: <sip:psap@{self.psap.address}>",
            "Content-Length: 0", "", "",
        ]  # fmt: skip
        self.psap.send("\r\n".join(lines).encode(), edge)
