"""Hands for a country that `up` runs on the planner's own machine."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from route112 import __version__
from route112.adapters.clock import utc_now
from route112.adapters.kamailio_rpc import RpcError, is_gone
from route112.apps.duty.draining import (
    Drain,
    count_ringing,
    drain,
    give_back,
    is_drained,
    read_drain,
)
from route112.apps.duty.software import (
    OWN,
    Software,
    choose_software,
    find_tree,
    read_software,
)
from route112.change import Kind, Step
from route112.change.deciding import Act
from route112.model import UtcTime

AUTHOR = "planner"
CHANGE_DIGITS = 16
"""Of the id of a change that stand in the records of a site."""
EXCHANGE_S = 30.0
"""What runs is ended all the same when calls still ring there so long after its step began."""
ASK_S_MAX = 0.3
"""For Kamailio to say how many calls ring."""
US_PER_S = 1_000_000
_DRAINS = frozenset(
    (
        *(Step.DRAIN, Step.SWAP, Step.WORK, Step.UNPOINT),
        *(Step.STOP, Step.TEST, Step.DRAIN_BACK, Step.SWAP_BACK),
    )
)
"""Steps in which a site takes no calls, whoever has given it back meanwhile."""


class MissingError(Exception):
    """A version is wanted that is not there."""


class LocalHands:
    """
    Drains sites, exchanges their software, stops them, and gives them back.

    What a person drained he gives back himself.

    Args:
        run_dir: run directories of all stations are below it.
        versions: each folder in it is a version of the software; None: there are none.
        say: tells people, once of each trouble.
    """

    def __init__(
        self,
        run_dir: Path,
        *,
        versions: Path | None = None,
        say: Callable[[str], None],
        now: Callable[[], UtcTime] = utc_now,
    ) -> None:
        self._run_dir, self._versions, self._say, self._now = run_dir, versions, say, now
        self._trouble = ""

    @property
    def kinds(self) -> frozenset[Kind]:
        """All changes."""
        return frozenset(Kind)

    def act(self, act: Act) -> None:
        """Do what a step asks for; again is no news."""
        folder = self._run_dir / act.station
        try:
            if act.step in _DRAINS and not is_drained(folder):
                reason = f"change {act.change[:CHANGE_DIGITS]}"
                drain(folder, Drain(since_us=self._now(), author=AUTHOR, reason=reason))
            elif act.step is Step.RETURN and is_ours(folder):
                give_back(folder)
            self._choose(folder, act)
        except MissingError as error:
            self._tell(str(error))
            return
        except OSError as error:
            self._tell(f"{folder}: {act.step} cannot be done: {error.strerror or error}")
            return
        self._trouble = ""

    def _choose(self, folder: Path, act: Act) -> None:
        """Have a site run what a step asks for; what ends something waits until nothing rings."""
        before = read_software(folder) or OWN
        if act.step is Step.RETURN:
            choose_software(folder, replace(before, is_stopped=False))
            return
        if act.step is Step.STOP:
            wanted = replace(before, is_stopped=True)
        elif act.step in (Step.SWAP, Step.SWAP_BACK):
            wanted = self._find_software(act.version, before)
        else:
            return
        is_late = self._now() - act.since_us >= EXCHANGE_S * US_PER_S
        if wanted != before and (is_late or is_quiet(folder)):
            choose_software(folder, wanted)

    def _find_software(self, version: str, before: Software) -> Software:
        """Return what is to run under a name, which may run already; raises MissingError."""
        if (before.version or __version__) == version:
            return replace(before, is_stopped=False)
        tree = None if self._versions is None else find_tree(self._versions, version)
        if tree is not None:
            return Software(version=version, tree=str(tree))
        if version == __version__:
            return OWN
        raise MissingError(f"there is no version {version} in {self._versions or 'any folder'}")

    def _tell(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._say(trouble)
        self._trouble = trouble


def is_quiet(folder: Path) -> bool:
    """Tell whether no call rings at a site; one that does not even listen has none."""
    try:
        return asyncio.run(_count(folder / "rpc.sock")) == 0
    except TimeoutError:
        return False
    except RpcError as error:
        return is_gone(error)


async def _count(socket: Path) -> int:
    async with asyncio.timeout(ASK_S_MAX):
        return await count_ringing(socket)


def is_ours(folder: Path) -> bool:
    """Tell whether a site was drained by a planner."""
    why = read_drain(folder)
    return why is not None and why.author == AUTHOR
