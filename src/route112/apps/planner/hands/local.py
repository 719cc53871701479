"""Hands for a country that `up` runs on the planner's own machine."""

from collections.abc import Callable
from pathlib import Path

from route112 import __version__
from route112.adapters.clock import utc_now
from route112.apps.duty.draining import Drain, drain, give_back, is_drained, read_drain
from route112.apps.duty.software import (
    OWN,
    Software,
    choose_software,
    find_tree,
    read_software,
)
from route112.change import Step
from route112.change.deciding import Act
from route112.model import UtcTime

AUTHOR = "planner"
CHANGE_DIGITS = 16
"""Of the id of a change that stand in the records of a site."""
_DRAINS = frozenset(
    (Step.DRAIN, Step.SWAP, Step.WORK, Step.UNPOINT, Step.STOP, Step.TEST, Step.SWAP_BACK)
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

    def act(self, act: Act) -> None:
        """Do what a step asks for; again is no news."""
        folder = self._run_dir / act.station
        try:
            if act.step in _DRAINS and not is_drained(folder):
                reason = f"change {act.change[:CHANGE_DIGITS]}"
                drain(folder, Drain(since_us=self._now(), author=AUTHOR, reason=reason))
            elif act.step is Step.RETURN and is_ours(folder):
                give_back(folder)
            if act.step in (Step.SWAP, Step.SWAP_BACK):
                choose_software(folder, self._find_software(act.version))
            elif act.step is Step.STOP:
                choose_software(folder, Software(is_stopped=True))
            elif act.step is Step.RETURN and read_software(folder) == Software(is_stopped=True):
                choose_software(folder, OWN)
        except MissingError as error:
            self._tell(str(error))
            return
        except OSError as error:
            self._tell(f"{folder}: {act.step} cannot be done: {error.strerror or error}")
            return
        self._trouble = ""

    def _find_software(self, version: str) -> Software:
        """Return what is to run under a name; raises MissingError."""
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


def is_ours(folder: Path) -> bool:
    """Tell whether a site was drained by a planner."""
    why = read_drain(folder)
    return why is not None and why.author == AUTHOR
