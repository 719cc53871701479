"""`route112 topology`: look at a `topology.yaml` before anything is started by it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from route112.adapters.source_folder import read_plain
from route112.apps._console import EXIT_REFUSED, echo_json, echo_problems, fail, print_table
from route112.apps.plan.options import FILE, json_option
from route112.model import Problem
from route112.model.topology import Topology
from route112.wire.documents.nodes import DOCUMENT_BYTES_MAX
from route112.wire.topology import parse_topology

if TYPE_CHECKING:
    from route112.planning.fates import SharedFate

EPILOG = """\b
Examples:
  route112 topology check var/fr/topology.yaml
  route112 topology check var/fr/topology.yaml --json

\b
Exit codes: 0 it can be used (warnings are shown), 1 refused, or a warning with --strict,
2 cannot run."""


@click.group(epilog=EPILOG)
def topology() -> None:
    """Say which sites and edges share which fate."""


@topology.command(epilog=EPILOG)
@click.argument("file", type=FILE, metavar="FILE")
@click.option("--strict", is_flag=True, help="Exit 1 for warnings, too.")
@json_option
def check(file: Path, *, strict: bool, as_json: bool) -> None:
    """
    Check FILE, and show what fails together.

    A row stands for one thing that two or more sites or edges hang on. The last column names the
    operators whose first three sites all hang on it: one failure takes every try of a call, and
    only the direct route is left.
    """
    # Here: an edge reads its topology by this module, and needs no planning for years.
    from route112.planning.fates import check_topology, list_shared

    found, problems = read_topology(file)
    shared = () if found is None else list_shared(found)
    if found is not None:
        problems = (*problems, *check_topology(found, file=str(file)))
    if as_json:
        echo_json({"file": str(file), "shared": shared, "problems": problems})
    else:
        echo_problems(problems, show_all=True)
        if found is not None:
            print_shared(found, shared)
    if found is None or (strict and problems):
        raise click.exceptions.Exit(EXIT_REFUSED)


def read_topology(file: Path) -> tuple[Topology | None, tuple[Problem, ...]]:
    """Read a topology; a file that cannot be read ends the command."""
    try:
        content = read_plain(file, DOCUMENT_BYTES_MAX)
    except OSError as error:
        fail(
            f"{file} cannot be read: {error.strerror}",
            "Name a topology; `route112 country demo` writes one",
        )
    return parse_topology(content, file=str(file))


def load_topology(file: Path) -> Topology:
    """Return a topology that can be used, or end the command with all that is wrong with it."""
    found, problems = read_topology(file)
    if found is None:
        echo_problems(problems)
        fail(
            f"{file} is refused", "Mend it; `route112 topology check` shows all", code=EXIT_REFUSED
        )
    return found


def print_shared(topology: Topology, shared: "tuple[SharedFate, ...]") -> None:
    """Print one row for each thing that several hang on."""
    from route112.planning.fates import FATES

    edges = topology.list_edges()
    title = (
        f"{topology.name}: {len(topology.sites)} sites, {len(topology.operators)} operators, "
        f"{len(edges)} edges"
    )
    rows = [
        (
            one.fate,
            one.thing,
            f"{len(one.sites)} of {len(topology.sites)}",
            " ".join(one.sites) or "-",
            " ".join(one.edges) or "-",
            " ".join(one.operators) or "-",
        )
        for one in shared
    ]
    if rows:
        columns = ("fails together", "name", "sites", "which", "edges", "all first sites of")
        print_table(title, columns, rows)
    else:
        click.echo(title)
    whole = [fate for fate in FATES if fate not in {one.fate for one in shared}]
    if whole:
        click.echo(f"No two share: {', '.join(whole)}")
