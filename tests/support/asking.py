"""Raw UDP sockets around `simulation.agreement`: every trunk of a country, and who asks."""

import select
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from route112.simulation.agreement import Asker, Key, Network, answer_invite, render_invite
from route112.snapshot.reader import Snapshot

BURST_MAX = 64
"""Datagrams taken from one socket in a row."""
BUFFER_BYTES = 4 * 1024 * 1024
POLL_SECONDS = 0.05
CALLS_PER_S_LEAST = 50
"""A process that answers less than this is not waited for."""

NETWORKS = (
    ("127.0.2.1", Network("sip:{number}@{to};user=phone;commune={commune}")),
    (
        "127.0.2.17",
        Network("sip:{number}@{to}", "P-Access-Network-Info: 3GPP-E-UTRAN-FDD; insee={commune}"),
    ),
    ("127.0.2.1", Network("sip:{commune}*{number}@{to}")),
)
"""Source address and way of each operator of the demo country that tells the commune."""


@dataclass
class Stand:
    """A PSAP at each next hop, all in this process; answers at once with `status`."""

    places: dict[int, tuple[socket.socket, str]] = field(default_factory=dict)
    status: int = 200

    def take(self, descriptor: int, asker: Asker) -> None:
        """Answer what waits at one next hop."""
        listening, hop = self.places[descriptor]
        for _ in range(BURST_MAX):
            try:
                message, source = listening.recvfrom(65_535)
            except BlockingIOError:
                return
            if answer := answer_invite(message, hop=hop, status=self.status):
                asker.take_ring(answer[0], answer[1])
                listening.sendto(answer[2], source)


def open_socket(host: str, port: int) -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
    opened.setblocking(False)
    opened.bind((host, port))
    return opened


def list_hops(snapshot: Snapshot) -> list[str]:
    """List every next hop of a snapshot."""
    trunks = {snapshot.line(line).trunk for line in range(snapshot.lines_count)}
    return sorted({hop.address for trunk in trunks for hop in snapshot.trunk(trunk).hops})


@contextmanager
def open_stand(snapshot: Snapshot):
    """Take every next hop of a snapshot."""
    stand = Stand()
    try:
        for hop in list_hops(snapshot):
            host, _, port = hop.rpartition(":")
            opened = open_socket(host, int(port))
            stand.places[opened.fileno()] = (opened, hop)
        yield stand
    finally:
        for opened, _ in stand.places.values():
            opened.close()


def ask_keys(
    keys: Sequence[Key],
    to: tuple[str, int] | Mapping[str, tuple[str, int]],
    *,
    stand: Stand,
    call: str,
    window: int = 48,
    told: Sequence[tuple[str, Network]] = NETWORKS,
) -> Asker:
    """
    Ask for each key over UDP, by turns in each of the ways of `told`.

    Args:
        to: one process, or one for each source of `told`.
    """
    opened = {host: open_socket(host, 0) for host in dict(told)}
    places = to if isinstance(to, Mapping) else dict.fromkeys(opened, to)
    callers = [opened[host] for host, _ in told]
    asked = [places[host] for host, _ in told]
    own = ["{}:{}".format(*caller.getsockname()) for caller in callers]
    networks = [network for _, network in told]
    messages = [
        render_invite(
            key,
            networks[place % len(networks)],
            call=f"{call}-{place}",
            own=own[place % len(own)],
            to="{}:{}".format(*asked[place % len(asked)]),
        )
        for place, key in enumerate(keys)
    ]
    asker = Asker(messages, call=call, window=window)
    deadline = time.monotonic() + 20.0 + len(keys) / CALLS_PER_S_LEAST
    try:
        with select.epoll() as poll:
            by_descriptor = {
                caller.fileno(): (caller, places[host]) for host, caller in opened.items()
            }
            for descriptor in (*stand.places, *by_descriptor):
                poll.register(descriptor, select.EPOLLIN)
            while not asker.finished and time.monotonic() < deadline:
                for place, message in asker.list_due(time.monotonic()):
                    callers[place % len(callers)].sendto(message, asked[place % len(asked)])
                for descriptor, _ in poll.poll(POLL_SECONDS):
                    if descriptor in stand.places:
                        stand.take(descriptor, asker)
                    else:
                        caller, place = by_descriptor[descriptor]
                        _take_replies(caller, asker, place)
    finally:
        for caller in opened.values():
            caller.close()
    return asker


def _take_replies(caller: socket.socket, asker: Asker, to: tuple[str, int]) -> None:
    for _ in range(BURST_MAX):
        try:
            reply = caller.recv(65_535)
        except BlockingIOError:
            return
        if ack := asker.take_reply(reply):
            caller.sendto(ack, to)
