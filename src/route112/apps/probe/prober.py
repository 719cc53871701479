"""One test call: over the path that it names, with audio both ways."""

import secrets
from collections.abc import Mapping
from typing import Self

from sipmessage import Response

from route112.adapters.kemi.probes import HEADER
from route112.adapters.sip import Address, CallPlan, Media, PlacedCall, SipAgent
from route112.model.topology import find_version
from route112.watch.probing.paths import Path
from route112.watch.probing.verdict import ANSWERED, PACKETS_MIN, Outcome
from route112.watch.values import TEST_SERVICE
from route112.wire.sip import Invitation
from route112.wire.sip.rtp import make_tone
from route112.wire.sip.sdp import MIRROR, SOURCE, find_loopback, render_sdp

FAILED = "X-Route112-Failed"
"""Header in which an edge or a site says where a test call ended."""
EDGE_SECONDS = 2.0
"""For the first word of an edge."""
WHOLE_SECONDS = 10.0
"""For an answer: a gateway's 6 s, 2 s of ringing, and some room."""
AUDIO_SECONDS = 1.0
"""For audio to come back."""
TRYING = 100
US_PER_MS = 1_000


class Prober:
    """Places test calls; an `async with` block ends it."""

    def __init__(self, local: Mapping[int, str], edges: Mapping[str, Mapping[int, str]]) -> None:
        """
        Make a prober that calls nobody yet.

        Args:
            local: own host by IP version.
            edges: address of each edge by IP version.
        """
        self._local = {version: Address("udp", host, 0) for version, host in local.items()}
        self._edges = edges
        self._agent = SipAgent()
        self._tone = make_tone()

    async def __aenter__(self) -> Self:
        """Take own addresses; raises OSError."""
        for version, address in self._local.items():
            self._local[version] = await self._agent.listen(address)
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Free them."""
        await self._agent.close()

    async def place(self, path: Path) -> Outcome:
        """Place one test call and hang up; raises OSError where there is no port for its audio."""
        version = find_version(path.hop)
        local = self._local[version]
        media = await Media.open(local.host, self._tone)
        try:
            placed = PlacedCall(
                self._agent,
                CallPlan(
                    invitation=_invite(path, local, render_sdp(media.audio, loopback=SOURCE)),
                    to=Address.parse(self._edges[path.edge][version]),
                    local=local,
                    timeout_s=WHOLE_SECONDS - EDGE_SECONDS,
                ),
            )
            is_mirrored = await self._talk(placed, media)
            return _describe(path, placed, media, is_mirrored=is_mirrored)
        finally:
            media.close()

    async def _talk(self, placed: PlacedCall, media: Media) -> bool:
        """Wait for an answer, send audio until enough has come; tell whether it is a mirror."""
        is_mirrored = False
        heard = await placed.wait_message("INVITE", EDGE_SECONDS)
        if heard is not None and await placed.wait_answer():
            answer = next(message for message in placed.messages if _status(message) == ANSWERED)
            is_mirrored = find_loopback(answer.body) == MIRROR
            if placed.result.audio is not None:
                media.start(placed, placed.result.audio)
            await media.wait(PACKETS_MIN, AUDIO_SECONDS)
            media.stop(placed)
        await placed.finish()
        return is_mirrored


def _invite(path: Path, local: Address, offer: bytes) -> Invitation:
    return Invitation(
        uri=TEST_SERVICE,
        caller=f"sip:probe@{local.place}",
        call_id=f"probe-{secrets.token_hex(8)}",
        headers=((HEADER, f"{path.site};hop={path.hop}"),),
        body=offer,
    )


def _describe(path: Path, placed: PlacedCall, media: Media, *, is_mirrored: bool) -> Outcome:
    result = placed.result
    rang_us = result.ringing_us or result.answered_us
    final = [message for message in placed.messages if _status(message) > ANSWERED]
    return Outcome(
        path=path,
        call=result.call_id,
        at_us=result.placed_us,
        status=result.status,
        failed=(final[-1].headers.get(FAILED) or "") if final else "",
        ring_ms=None if rang_us is None else (rang_us - result.placed_us) // US_PER_MS,
        sent=media.sent,
        heard=media.received.total(),
        is_mirrored=is_mirrored,
        is_passed=any(_status(message) == TRYING for message in placed.messages),
    )


def _status(message: object) -> int:
    return message.code if isinstance(message, Response) else 0
