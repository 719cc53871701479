"""What one server answers, and what it has counted."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from route112.adapters.redirect_server.rate_limit import REQUESTS_PER_S_MAX, RateLimit
from route112.adapters.redirect_server.shelf import Shelf, wall_now
from route112.redirect import answer_request
from route112.redirect.sip import find_reply_port, parse_request


@dataclass(slots=True)
class Counts:
    """What came and what became of it."""

    answered: int = 0
    dropped: int = 0
    """Noise, responses, and what was above a limit."""
    failed: int = 0
    """Requests whose answer raised: a mistake of ours."""
    limited: int = 0
    """Of those dropped, what was above the rate of its address."""
    statuses: Counter[str] = field(default_factory=Counter)
    """Answers by status: our own, of which there are some dozens."""


class RedirectServer:
    """Everything that one process answers."""

    def __init__(
        self,
        shelf: Shelf,
        *,
        log: Callable[[str], None],
        per_s: int = REQUESTS_PER_S_MAX,
        now: Callable[[], int] = wall_now,
    ) -> None:
        self.counts = Counts()
        self.sources: dict[str, int] = {}
        """Open TCP connections by address."""
        self.shelf = shelf
        self._log = log
        self._limit = RateLimit(per_s)
        self._now = now

    def answer(
        self, message: bytes, source: tuple[str, int], *, size: int = 0
    ) -> tuple[bytes, int] | None:
        """
        Answer one message.

        Args:
            size: bytes of the whole, where `message` is only its beginning.
        Returns: the response, and the port for it where it travels as a datagram; None where
            nothing is to be said. Never raises.
        """
        try:
            if not self._limit.admit(source[0], time.monotonic()):
                self.counts.dropped += 1
                self.counts.limited += 1
                return None
            request = parse_request(message, size=size)
            response = request and answer_request(
                self.shelf.book, request, source=source, now=self._now()
            )
        except Exception as error:  # noqa: BLE001  one message must not stop the others
            self.counts.failed += 1
            if self.counts.failed <= 10:  # noqa: PLR2004  no flood of lines
                self._log(f"no answer: {error!r}")
            return None
        if not response or request is None:
            self.counts.dropped += request is None
            return None
        self.counts.answered += 1
        self.counts.statuses[response[8:11].decode("ascii", "replace")] += 1
        return response, find_reply_port(request, source[1])
