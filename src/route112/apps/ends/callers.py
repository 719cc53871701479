"""Callers of an operator's network: place calls as it does, and write down what they saw."""

import asyncio
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from route112.adapters.sip import (
    Address,
    CallPlan,
    CallResult,
    Media,
    PlacedCall,
    SipAgent,
    Step,
    TlsFiles,
)
from route112.apps.ends.psaps import open_log
from route112.simulation.logs import CallerLine, render_line
from route112.wire.sip import Invitation
from route112.wire.sip.agent import check_invitation
from route112.wire.sip.compose import Header
from route112.wire.sip.sdp import render_sdp

CALLS_MAX = 100_000
"""Calls of one run."""
RATE_MAX = 1_000.0
"""Calls per second that one run is asked for; SIPp is there for more."""
CALLER_FIRST = 1

_TYPE = "content-type"
_NUMBER = re.compile(r"(?:sips?|tel):(\+[0-9]{1,15})(?![^@;?>])")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOrder:
    """A call as somebody asks for it; `place` turns it into SIP in the default dialect."""

    dialled: str
    """Short number, or a service URN."""
    to: Address
    commune: str = ""
    operator: str = ""
    technology: str = ""
    caller: str = "+999000001"
    call_id: str = ""
    """Drawn when empty."""
    headers: Sequence[Header] = ()
    """Further headers, as they are; an empty one keeps a default away, Content-Type is that of
    `body`."""
    uri_parameters: Sequence[Header] = ()
    """Parameters of the request URI."""
    body: bytes | None = None
    """Instead of an SDP offer."""
    timeout_s: float = 32.0
    hold_s: float = 1.0
    """Negative leaves hanging up to the other end."""


class Callers:
    """Callers at one address; an `async with` block ends them."""

    def __init__(
        self, local: Address, *, log: Path | None = None, tls: TlsFiles | None = None
    ) -> None:
        """Make callers that will send from `local`; port 0 takes a free one."""
        self.local = local
        self.lines: list[CallerLine] = []
        """What is written to the log, in the order of writing."""
        self._agent = SipAgent(tls=tls)
        self._media: Media | None = None
        self._log = None if log is None else open_log(log)

    async def __aenter__(self) -> Self:
        """Take the address; raises OSError or ValueError."""
        self.local = await self._agent.listen(self.local)
        self._media = await Media.open(self.local.host)
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Free the address."""
        if self._media is not None:
            self._media.close()
        await self._agent.close()
        if self._log is not None:
            os.close(self._log)
            self._log = None

    def place(
        self, order: CallOrder, *, on_step: Callable[[Step], None] | None = None
    ) -> PlacedCall:
        """Send the INVITE of one call; raises ValueError when it cannot be written as SIP."""
        assert self._media is not None
        plan = CallPlan(
            invitation=make_invitation(order, self.local, render_sdp(self._media.audio)),
            to=order.to,
            local=self.local,
            timeout_s=order.timeout_s,
            hold_s=order.hold_s,
        )
        return PlacedCall(self._agent, plan, media=self._media, on_step=on_step)

    def check(self, order: CallOrder) -> None:
        """Raise ValueError when an order cannot be written as SIP; nothing is sent."""
        check_invitation(make_invitation(order, self.local, b""))

    async def run(
        self, order: CallOrder, *, on_step: Callable[[Step], None] | None = None
    ) -> CallResult:
        """Place one call, wait for its end, and write it down."""
        placed = self.place(order, on_step=on_step)
        try:
            return await placed.run()
        finally:
            self.write(order, placed.result)

    async def run_all(
        self, orders: Sequence[CallOrder], *, rate: float = 50.0
    ) -> tuple[CallResult, ...]:
        """Place calls, `rate` a second whatever becomes of them; results in the same order."""
        assert len(orders) <= CALLS_MAX, f"more than {CALLS_MAX} calls"
        assert 0 < rate <= RATE_MAX, f"{rate} calls a second"
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        async with asyncio.TaskGroup() as group:
            tasks = []
            for index, order in enumerate(orders):
                await asyncio.sleep(max(0.0, began_s + index / rate - loop.time()))
                tasks.append(group.create_task(self.run(order)))
        return tuple(task.result() for task in tasks)

    def write(self, order: CallOrder, result: CallResult) -> None:
        """Write down one call."""
        line = make_line(order, result)
        self.lines.append(line)
        if self._log is not None:
            os.write(self._log, render_line(line))


def make_invitation(order: CallOrder, local: Address, offer: bytes) -> Invitation:
    """Write an order in the default dialect: X-Commune, X-Operator, X-Technology."""
    urn = order.dialled.lower().startswith("urn:")
    uri = order.dialled if urn else f"sip:{order.dialled}@{order.to.place}"
    uri += "".join(f";{name}={value}" for name, value in order.uri_parameters)
    host = local.place
    said = (
        ("P-Asserted-Identity", order.caller and f"<sip:{order.caller}@{host}>"),
        ("X-Commune", order.commune),
        ("X-Operator", order.operator),
        ("X-Technology", order.technology),
    )
    given = {name.lower() for name, _ in order.headers}
    headers = [header for header in said if header[1] and header[0].lower() not in given]
    types = [value for name, value in order.headers if name.lower() == _TYPE]
    headers += [(name, text) for name, text in order.headers if text and name.lower() != _TYPE]
    return Invitation(
        uri=uri,
        caller=f"sip:{order.caller}@{host}" if order.caller else f"sip:{host}",
        call_id=order.call_id,
        headers=tuple(headers),
        body=offer if order.body is None else order.body,
        content_type=types[0] if types else "application/sdp",
    )


def number_orders(order: CallOrder, count: int) -> tuple[CallOrder, ...]:
    """Repeat an order, each time with a caller of its own (bulk callers have +999 numbers)."""
    return tuple(
        replace(order, caller=f"+999{index:06d}") for index in range(CALLER_FIRST, count + 1)
    )


def read_number(uri: str) -> str:
    """Return the number in international form that a URI names; empty for a name or an address."""
    found = _NUMBER.match(uri)
    return found[1] if found else ""


def make_line(order: CallOrder, result: CallResult) -> CallerLine:
    """Make the line of the callers' log."""
    return CallerLine(
        call_id=result.call_id,
        dialled=order.dialled,
        commune=order.commune,
        operator=order.operator,
        placed_us=result.placed_us,
        first_response_us=result.first_response_us,
        ringing_us=result.ringing_us,
        answered_us=result.answered_us,
        answered_by="" if result.answered_us is None else read_number(result.answered_by),
        ended_us=result.ended_us,
        status=result.status,
        reason=result.reason,
        caller=order.caller,
    )
