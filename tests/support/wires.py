"""A relay on a thread of its own, for tests that wait for other programs meanwhile."""

import asyncio
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from route112.simulation.relay import Place, Relay

THREAD_SECONDS_MAX = 10.0


@contextmanager
def run_relay(
    pairs: Iterable[tuple[Place, Place]],
    *,
    loss: float = 0.0,
    delay_ms: float = 0.0,
    seed: int = 112,
) -> Iterator[Relay]:
    """Carry from each front to its back until the block ends; the relay may be changed in it."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="relay", daemon=True)
    thread.start()

    async def open_all() -> Relay:
        relay = Relay(loss=loss, delay_ms=delay_ms, seed=seed)
        try:
            for front, back in pairs:
                relay.open(front, back)
        except OSError:
            relay.close()
            raise
        return relay

    async def close(relay: Relay) -> None:
        relay.close()

    def run(coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(THREAD_SECONDS_MAX)

    try:
        relay = run(open_all())
        try:
            yield relay
        finally:
            run(close(relay))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(THREAD_SECONDS_MAX)
        loop.close()
