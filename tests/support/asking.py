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
PULSE_S = 0.05
"""Between two calls that go on beside the questions."""
PULSES_MAX = 1_000
SILENCE_S = 0.6
"""A next hop that has not answered by then is left for the next contact."""

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
    dead: dict[str, frozenset[str]] = field(default_factory=dict)
    """By call, the numbers that give it no sign of life."""
    answered: dict[str, str] = field(default_factory=dict)
    """Of those calls, the first number with next hop that answered."""

    def take(self, descriptor: int, *askers: Asker) -> None:
        """Answer what waits at one next hop."""
        listening, hop = self.places[descriptor]
        for _ in range(BURST_MAX):
            try:
                message, source = listening.recvfrom(65_535)
            except BlockingIOError:
                return
            if answer := answer_invite(message, hop=hop, status=self.status):
                call, rung, reply = answer
                for asker in askers:
                    asker.take_ring(call, rung)
                if rung.partition("@")[0] in self.dead.get(call, ()):
                    continue
                if call in self.dead:
                    self.answered.setdefault(call, rung)
                listening.sendto(reply, source)


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


def ask_keys(  # noqa: PLR0913
    keys: Sequence[Key],
    to: tuple[str, int] | Mapping[str, tuple[str, int]],
    *,
    stand: Stand,
    call: str,
    window: int = 48,
    told: Sequence[tuple[str, Network]] = NETWORKS,
    dead: Sequence[frozenset[str]] = (),
) -> Asker:
    """
    Ask for each key over UDP, by turns in each of the ways of `told`.

    Args:
        to: one process, or one for each source of `told`.
        dead: for each key the numbers that do not answer it. Beside such questions calls go on that
            are answered, since a site that hears nobody at all holds its way out to be shut.
    """
    opened = {host: open_socket(host, 0) for host in dict(told)}
    places = to if isinstance(to, Mapping) else dict.fromkeys(opened, to)
    callers = [opened[host] for host, _ in told]
    asked = [places[host] for host, _ in told]
    own = ["{}:{}".format(*caller.getsockname()) for caller in callers]
    networks = [network for _, network in told]

    def render(key: Key, name: str, place: int) -> bytes:
        return render_invite(
            key, networks[place % len(networks)], call=f"{name}-{place}",
            own=own[place % len(own)], to="{}:{}".format(*asked[place % len(asked)]),
        )  # fmt: skip

    asker = Asker(
        [render(key, call, place) for place, key in enumerate(keys)], call=call, window=window
    )
    stand.dead = {f"{call}-{place}": numbers for place, numbers in enumerate(dead)}
    beside = [render(keys[0], f"{call}x", place) for place in range(PULSES_MAX if dead else 0)]
    pulse = Asker(beside, call=f"{call}x", window=1)
    pulse_s = 0.0
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
                if time.monotonic() - pulse_s >= PULSE_S:
                    pulse_s = time.monotonic()
                    for place, message in pulse.list_due(pulse_s):
                        callers[place % len(callers)].sendto(message, asked[place % len(asked)])
                for descriptor, _ in poll.poll(POLL_SECONDS):
                    if descriptor in stand.places:
                        stand.take(descriptor, asker)
                    else:
                        caller, place = by_descriptor[descriptor]
                        _take_replies(caller, place, asker, pulse)
    finally:
        for caller in opened.values():
            caller.close()
    return asker


def _take_replies(caller: socket.socket, to: tuple[str, int], *askers: Asker) -> None:
    for _ in range(BURST_MAX):
        try:
            reply = caller.recv(65_535)
        except BlockingIOError:
            return
        for asker in askers:
            if ack := asker.take_reply(reply):
                caller.sendto(ack, to)


def follow_contacts(
    contacts: Sequence[Sequence[str]], dead: Sequence[frozenset[str]], *, stand: Stand, call: str
) -> list[str]:
    """
    Ring the contacts of each 302 in order, as a caller's network does.

    Args:
        contacts: `number@host:port`, for each call.
        dead: for each call the numbers that do not answer it.
    Returns: who answered each call, or an empty text.
    """
    found = [""] * len(contacts)
    caller = open_socket(NETWORKS[0][0], 0)
    own = "{}:{}".format(*caller.getsockname())
    try:
        with select.epoll() as poll:
            for descriptor in stand.places:
                poll.register(descriptor, select.EPOLLIN)
            for turn in range(max(map(len, contacts), default=0)):
                names = {}
                for place, listed in enumerate(contacts):
                    if found[place] or turn >= len(listed):
                        continue
                    name = f"{call}t{turn}-{place}"
                    names[name] = place
                    stand.dead[name] = dead[place]
                    number, _, hop = listed[turn].partition("@")
                    host, _, port = hop.rpartition(":")
                    network = Network(f"sip:{number}@{hop}")
                    invite = render_invite(Key("", number), network, call=name, own=own, to=hop)
                    caller.sendto(invite, (host, int(port)))
                until_s = time.monotonic() + SILENCE_S
                while names and time.monotonic() < until_s:
                    for descriptor, _ in poll.poll(POLL_SECONDS):
                        stand.take(descriptor)
                    for name in [name for name in names if name in stand.answered]:
                        found[names.pop(name)] = stand.answered[name]
    finally:
        caller.close()
    return found
