"""
What has to be renewed besides snapshots and orders: certificates, keys, contacts, numbers.

Which of it is looked at is up to whoever starts watch: the options, and what they name.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from route112.apps._console import EXIT_REFUSED, fail
from route112.apps.plan.options import FILE, FOLDER
from route112.apps.watch.upkeep.certificates import Certificates, PlannerCertificates
from route112.apps.watch.upkeep.directory import Directory
from route112.apps.watch.upkeep.journal_room import JournalRoom
from route112.apps.watch.upkeep.keys import Keys
from route112.apps.watch.upkeep.logs import LogEnds
from route112.model.topology import Topology
from route112.watch.detectors import Lapse

Command = TypeVar("Command", bound=Callable[..., Any])


def renewal_options(command: Command) -> Command:
    """Add the options to a command."""
    for option in (
        click.option(
            "--sources",
            type=FOLDER,
            help="Source folder of the plan: who confirmed contacts and numbers, and when.",
        ),
        click.option("--trust", type=FILE, help="Trust list; its keys end."),
        click.option(
            "--planner-folder",
            type=FOLDER,
            help="Of `planner run`; its certificates and those of receivers end.  "
            "[default: planner in --run-dir]",
        ),
    ):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class Where:
    """Files and folders that say what has to be renewed."""

    topology: Path
    sources: Path | None = None
    trust: Path | None = None
    planner: Path | None = None
    """Folder of a planner."""


def list_renewals(
    topology: Topology, where: Where, *, now: Callable[[], int], complain: Callable[[str], None]
) -> tuple[Callable[[], Iterable[Lapse]], ...]:
    """Return what lists all that has to be renewed, or end the command."""
    found: list[Callable[[], Iterable[Lapse]]] = [
        Certificates(topology, where.topology.parent, complain=complain).list_expiries
    ]
    if where.trust is not None:
        found.append(Keys(where.trust, complain=complain).list_expiries)
    if where.planner is not None:
        found.append(PlannerCertificates(topology, where.planner, complain=complain).list_expiries)
        found.append(JournalRoom(where.planner).list_deviations)
        found.append(LogEnds(where.planner).list_deviations)
    if where.sources is not None:
        directory = Directory(where.sources, now=now, complain=complain)
        if not directory.is_readable():
            fail(
                f"{where.sources} is no source folder that can be read",
                "Mend what is said above, or leave --sources out",
                code=EXIT_REFUSED,
            )
        found.append(directory.list_expiries)
    return tuple(found)
