"""Who measures and who acts for a planner: by where its stations are."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from route112.apps.planner.engine import Engine
from route112.apps.planner.hands import LocalHands
from route112.apps.planner.seams import Handless, Hands, Senses, Unwatched
from route112.apps.planner.senses import open_eyes, open_far_eyes
from route112.change import StationFact
from route112.model.topology import Topology


class Later:
    """
    Finds what an engine has as soon as there is one: its senses are made before it.

    Args:
        engines: the one, when it is there.
    """

    def __init__(self, engines: Sequence[Engine]) -> None:
        self._engines = engines

    def find_candidate(self, content_hash: str) -> Path | None:
        """Return the file of a candidate; None: there is none of this name."""
        return next((each.find_candidate(content_hash) for each in self._engines), None)

    def find_snapshot(self, content_hash: str) -> Path | None:
        """Return the file that stations fetch; None: there is none of this name."""
        return next((each.find_snapshot(content_hash) for each in self._engines), None)

    def find_fact(self, station: str) -> StationFact | None:
        """Return what a station said last; None: nothing."""
        return next((each.find_fact(station) for each in self._engines), None)


class Asked(Protocol):
    """The part of what was typed after `planner run` that says where the country is."""

    @property
    def run_dir(self) -> Path | None:
        """Of the stations, where they run on this machine."""

    @property
    def watch(self) -> Path | None:
        """Of `watch run`, on this machine."""

    @property
    def versions(self) -> Path | None:
        """A folder for each version of the software."""


def open_country(
    options: Asked, topology: Topology, later: Later, *, say: Callable[[str], None]
) -> tuple[Senses, Hands]:
    """Return who measures and who acts: at stations of other machines nobody acts."""
    if options.run_dir is None and options.watch is None:
        say("neither --run-dir nor --watch: nobody watches, so orders pass and changes do not")
        return Unwatched(), Handless()
    if options.run_dir is None:
        assert options.watch is not None, "one of both is there"
        say("no --run-dir: plans and orders pass, and nobody acts at stations")
        return open_far_eyes(options.watch, topology, later), Handless()
    eyes = open_eyes(options.run_dir, topology, later.find_candidate, watch=options.watch)
    return eyes, LocalHands(options.run_dir, versions=options.versions, say=say)
