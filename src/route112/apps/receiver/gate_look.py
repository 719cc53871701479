"""How a station is while a change is at its gate there: does it answer, and agree with itself."""

import asyncio
import re
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from route112.adapters.sip_probe import ask_options
from route112.adapters.source_folder import read_plain
from route112.apps.receiver.comparing import Comparing
from route112.replication import AtGate

CONFIGURATIONS = "site.cfg", "edge.cfg"
CONFIG_BYTES_MAX = 1 << 20
ANSWER_S_MAX = 0.5
"""For Kamailio to answer OPTIONS on its own machine."""
SILENT = 0
_LISTEN = re.compile(rb"^listen=(udp|tcp):\[?([0-9a-fA-F.:]+?)\]?:([0-9]{1,5})\s*$", re.MULTILINE)

Ask = Callable[[str, str, int], Coroutine[Any, Any, int | None]]


class GateLook:
    """
    Looks at one station while its planner asks for it, and costs nothing otherwise.

    Args:
        run_dir: of its supervisor.
        ask: returns the status of an answer to OPTIONS; None: there is none.
    """

    def __init__(
        self, run_dir: Path, *, comparing: Comparing | None = None, ask: Ask | None = None
    ) -> None:
        self._run_dir = run_dir
        self._comparing = comparing or Comparing(run_dir)
        self._ask = ask or _ask_options
        self.is_wanted = False
        """Whether the planner asked for it in its last answer."""

    def heed(self, *, at_gate: bool) -> None:
        """Take whether the planner wants to know."""
        if not at_gate:
            self._comparing.forget()
        self.is_wanted = at_gate

    def look(self, content_hash: str) -> AtGate | None:
        """
        Say how the station is; None where nobody wants to know.

        Args:
            content_hash: of what it has in force.
        """
        if not self.is_wanted:
            return None
        differences, flaw = self._comparing.look(content_hash)
        return AtGate(status=self._ask_status(), differences=differences, flaw=flaw)

    def _ask_status(self) -> int | None:
        place = find_listener(self._run_dir)
        if place is None:
            return None
        status = asyncio.run(self._ask(*place))
        return SILENT if status is None else status


def find_listener(run_dir: Path) -> tuple[str, str, int] | None:
    """Return where a station listens, by what it was started with; None: it cannot be asked."""
    for name in CONFIGURATIONS:
        try:
            content = read_plain(run_dir / name, CONFIG_BYTES_MAX)
        except OSError:
            continue
        if (match := _LISTEN.search(content)) is not None:
            transport, host, port = (each.decode("ascii") for each in match.groups())
            return transport, host, int(port)
    return None


async def _ask_options(transport: str, host: str, port: int) -> int | None:
    return await ask_options(transport, host, port, timeout_s=ANSWER_S_MAX)
