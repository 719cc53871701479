"""
Lets the workers of Kamailio map a snapshot before a call makes them.

A worker maps the snapshot in force when it is asked next, and works out what all calls need; that
takes some milliseconds. OPTIONS is answered through the same Python, so that asking as often as a
socket has workers, all at once, leaves nearly none of it to calls. It is no more than a help: a
worker that was busy maps at its next call.
"""

import asyncio
from collections.abc import Sequence

from route112.adapters.sip_probe import ask_options
from route112.apps.station.listen import Listen

ANSWER_SECONDS_MAX = 0.25


class Warming:
    """Asks the workers of each UDP socket; those of connections are asked by whoever connects."""

    def __init__(self, listens: Sequence[Listen], workers: int) -> None:
        self._places = [place for place in listens if place.transport == "udp"] * workers
        self._task: asyncio.Task[list[int | None]] | None = None

    def begin(self) -> None:
        """Ask beside the loop; what is still under way is enough."""
        if self._places and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._ask())

    async def end(self) -> None:
        """Stop asking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    async def _ask(self) -> list[int | None]:
        asked = (
            ask_options(place.transport, place.host, place.port, timeout_s=ANSWER_SECONDS_MAX)
            for place in self._places
        )
        return await asyncio.gather(*asked)
