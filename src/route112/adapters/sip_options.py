"""Ask many SIP elements whether they are there, by OPTIONS over UDP, and wait for none of them."""

import os
import re
import socket
from collections.abc import Iterator

from route112.adapters.sip_probe import read_status, render_options

REPLY_BYTES_MAX = 65_535
REPLIES_MAX = 1_000
"""Read at once; more come the next time."""
_CALL_ID = r"\r\n(?:Call-ID|i)[ \t]*:[ \t]*%s-([0-9]{1,18})@"


class OptionsAsker:
    """Sends questions, and reads what has come back."""

    def __init__(self) -> None:
        self._sockets: dict[socket.AddressFamily, socket.socket] = {}
        self._token = os.urandom(8).hex()
        self._call_id = re.compile((_CALL_ID % self._token).encode("ascii"), re.IGNORECASE)

    def ask(self, host: str, port: int, number: int) -> bool:
        """
        Send one question; return False where it cannot be sent.

        Args:
            host: numeric address, IPv6 without brackets.
            port: its port.
            number: what the answer is known by; the same one is sent again.
        """
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            asking = self._sockets.get(family) or self._open(family)
            own = _find_own_host(family, host, port), asking.getsockname()[1]
            token = f"{self._token}-{number}"
            asking.sendto(render_options("udp", host, port, own, token=token), (host, port))
        except OSError:
            return False
        return True

    def read(self) -> Iterator[tuple[int, int]]:
        """Yield number and status of each answer that has come; anything else is passed over."""
        for asking in self._sockets.values():
            for _ in range(REPLIES_MAX):
                try:
                    reply = asking.recv(REPLY_BYTES_MAX)
                except OSError:
                    break
                status, match = read_status(reply), self._call_id.search(reply)
                if status is not None and match is not None:
                    yield int(match[1]), status

    def close(self) -> None:
        """Free the sockets."""
        for asking in self._sockets.values():
            asking.close()
        self._sockets.clear()

    def _open(self, family: socket.AddressFamily) -> socket.socket:
        opened = socket.socket(family, socket.SOCK_DGRAM)
        opened.setblocking(False)
        opened.bind(("", 0))
        self._sockets[family] = opened
        return opened


def _find_own_host(family: socket.AddressFamily, host: str, port: int) -> str:
    """Return the address that we send from; nothing is sent."""
    with socket.socket(family, socket.SOCK_DGRAM) as tried:
        tried.connect((host, port))
        return str(tried.getsockname()[0])
