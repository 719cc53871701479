"""
A bad wire for datagrams: loses, delays, and may be cut, both ways, while calls go over it.

It stands where the other end would: whoever sends to a front is carried to the back behind it,
each sender from an address of its own, so that answers find their way. The kernels that tests run
on need not know how to be bad, and no privilege is asked for. Draws are seeded: the n-th datagram
of a front in one direction has the same fate in each run.
"""

import asyncio
import random
import socket
from collections.abc import Callable
from typing import Literal, Self

FRONTS_MAX = 64
SENDERS_MAX = 256
"""Senders of one front; a further one takes the place of the one that was silent longest."""
WAITING_MAX = 10_000
"""Datagrams under way at a time; further ones are lost."""
DELAY_MS_MAX = 60_000.0
BUFFER_BYTES = 4 * 1024 * 1024
BURST_MAX = 64
"""Datagrams that one socket may read before the others have their turn."""
DATAGRAM_BYTES_MAX = 65_535

Place = tuple[str, int]
Way = Literal["there", "home"]
"""To the back, or answers from it."""
WAYS: tuple[Way, ...] = ("there", "home")


class Relay:
    """
    Wires from fronts to backs, one kind of badness for all; an `async with` block ends them.

    `set_loss`, `set_delay`, `cut` and `heal` work at once, from any thread.
    """

    def __init__(
        self, *, loss: float = 0.0, delay_ms: float = 0.0, seed: int = 112, mark: int = 0
    ) -> None:
        self.mark = mark
        """Of datagrams to the back, which then come from the sender's own host; 0: none."""
        self.carried = 0
        """Datagrams that came through."""
        self.lost = 0
        """Datagrams that were drawn, met a cut, or were one too many."""
        self._seed = seed
        self._cut: frozenset[Way] = frozenset()
        self._waiting = 0
        self._fronts: list[_Front] = []
        self._delay_s: dict[Way, float] = {}
        self.set_loss(loss)
        self.set_delay(delay_ms)

    async def __aenter__(self) -> Self:
        """Begin the block that ends the wires."""
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Free every address."""
        self.close()

    def set_loss(self, share: float) -> None:
        """Lose this share of all datagrams from now on."""
        assert 0.0 <= share <= 1.0, f"a share of {share}"
        self._loss = share

    def set_delay(self, delay_ms: float, *ways: Way) -> None:
        """Delay what comes from now on, both ways or some; what is under way may be overtaken."""
        assert 0.0 <= delay_ms <= DELAY_MS_MAX, f"a delay of {delay_ms} ms"
        self._delay_s.update(dict.fromkeys(ways or WAYS, delay_ms / 1e3))

    def cut(self, *ways: Way) -> None:
        """Carry nothing any more, both ways or in some, and lose what is under way there."""
        self._cut |= frozenset(ways or WAYS)

    def heal(self) -> None:
        """Carry again."""
        self._cut = frozenset()

    def open(self, front: Place, back: Place) -> Place:
        """
        Carry what comes in at `front` to `back`; port 0 takes a free one.

        Returns: where the front is.
        Raises: OSError when the address cannot be had.
        """
        assert len(self._fronts) < FRONTS_MAX, f"more than {FRONTS_MAX} fronts"
        opened = _Front(self, front, back, f"{self._seed}/{len(self._fronts)}")
        self._fronts.append(opened)
        return opened.end.place

    def close(self) -> None:
        """Free every address; what is under way is lost."""
        self.cut()
        for front in self._fronts:
            front.close()
        self._fronts.clear()

    def carry(self, way: Way, draw: random.Random, send: Callable[[], bool]) -> None:
        """Lose one datagram, or send it now or later."""
        drawn = draw.random()  # also when cut: the next one's fate does not hang on it
        if way in self._cut or drawn < self._loss or self._waiting >= WAITING_MAX:
            self.lost += 1
        elif delay_s := self._delay_s[way]:
            self._waiting += 1
            asyncio.get_running_loop().call_later(delay_s, self._arrive, way, send)
        else:
            self._count(send())

    def lose(self) -> None:
        """Count a datagram that found no way."""
        self.lost += 1

    def _arrive(self, way: Way, send: Callable[[], bool]) -> None:
        self._waiting -= 1
        self._count(way not in self._cut and send())

    def _count(self, sent: bool) -> None:
        self.carried += sent
        self.lost += not sent


class _Front:
    """Where senders send to, and the wire of each of them."""

    def __init__(self, relay: Relay, front: Place, back: Place, seed: str) -> None:
        there, home = (random.Random(f"{seed}/{way}") for way in WAYS)  # noqa: S311
        self._relay = relay
        self._back = back
        self._there = there
        self._home = home
        self._wires: dict[Place, _End] = {}
        """The end of each sender's wire; the one that was silent longest comes first."""
        self.end = _End(front, self._take)

    def close(self) -> None:
        """Free the addresses."""
        self.end.close()
        for wire in self._wires.values():
            wire.close()

    def _take(self, data: bytes, sender: Place) -> None:
        """Carry a datagram to the back."""
        wire = self._find_wire(sender)
        if wire is None:
            self._relay.lose()
        else:
            self._relay.carry("there", self._there, lambda: wire.send(data, self._back))

    def _find_wire(self, sender: Place) -> "_End | None":
        """Return the wire of a sender; None when the machine has no address left for it."""
        wire = self._wires.pop(sender, None)
        if wire is None:
            while len(self._wires) >= SENDERS_MAX:
                self._wires.pop(next(iter(self._wires))).close()
            mark = self._relay.mark
            own = (sender if mark else self.end.place)[0]
            try:
                wire = _End((own, 0), lambda data, _: self._send_home(data, sender), mark=mark)
            except OSError:
                return None
        self._wires[sender] = wire
        return wire

    def _send_home(self, data: bytes, sender: Place) -> None:
        """Carry an answer to a sender."""
        self._relay.carry("home", self._home, lambda: self.end.send(data, sender))


class _End:
    """One socket on the loop that runs."""

    def __init__(
        self, place: Place, take: Callable[[bytes, Place], None], *, mark: int = 0
    ) -> None:
        family = socket.AF_INET6 if ":" in place[0] else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
            if mark:
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, mark)
            self._socket.setblocking(False)
            self._socket.bind(place)
        except OSError:
            self._socket.close()
            raise
        self._take = take
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket, self._read)

    @property
    def place(self) -> Place:
        """Return where it is."""
        host, port = self._socket.getsockname()[:2]
        return str(host), int(port)

    def send(self, data: bytes, to: Place) -> bool:
        """Send now; tell whether it left."""
        try:
            self._socket.sendto(data, to)
        except OSError:  # closed meanwhile, nobody there, no room: a wire does not say
            return False
        return True

    def close(self) -> None:
        """Free the address."""
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _read(self) -> None:
        for _ in range(BURST_MAX):
            try:
                data, sender = self._socket.recvfrom(DATAGRAM_BYTES_MAX)
            except ConnectionError:
                continue  # the last datagram found nobody: on a wire, nothing comes back
            except OSError:
                return  # no more for now
            self._take(data, (sender[0], sender[1]))
