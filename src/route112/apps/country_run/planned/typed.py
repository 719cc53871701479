"""What is typed after `up` about a planner, checked."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from route112.apps._console import fail
from route112.apps.country_run.planned.words import Https, PlannerOptions
from route112.apps.plan.options import FILE, FOLDER

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannerTyped:
    """The part of what was typed that is about a planner."""

    trust: Path | None
    planner: bool = False
    profile: Path | None = None
    planner_key: Path | None = None
    versions: Path | None = None
    https: str | None = None
    cert: Path | None = None
    key: Path | None = None
    client_ca: Path | None = None


def planner_run_options(command: Command) -> Command:
    """Add the options of a planner to a command."""
    for option in (
        click.option("--client-ca", type=FILE, help="With --https: authority of who may ask."),
        click.option("--key", type=FILE, help="With --https: its private key, PEM."),
        click.option("--cert", type=FILE, help="With --https: the planner's certificate, PEM."),
        click.option(
            "--https", metavar="ADDR", help="With --planner: HOST:PORT where people reach it, too."
        ),
        click.option("--versions", type=FOLDER, help="With --planner: a folder for each version."),
        click.option(
            "--planner-key",
            type=FILE,
            help="With --planner: private key that signs; needed with --trust.",
        ),
        click.option(
            "--profile", type=FILE, help="With --planner: profile.yaml of the plan's sources."
        ),
        click.option(
            "--planner", is_flag=True,
            help="Run a planner, and a receiver beside each site and edge.",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


def check_planner(typed: PlannerTyped) -> None:
    """End the command where a planner lacks something, or is not there."""
    files = (typed.cert, typed.key, typed.client_ca)
    if not typed.planner:
        own = (typed.profile, typed.planner_key, typed.versions, typed.https, *files)
        if any(own):
            text = "--profile, --planner-key, --versions and --https are a planner's"
            fail(text, "Add --planner, or leave them out")
    elif typed.profile is None:
        fail("a planner needs --profile", "Name the profile.yaml that the plan was built with")
    elif typed.trust is not None and typed.planner_key is None:
        fail("stations take what is signed only", "Name a key of the list with --planner-key")
    elif (typed.https is None and any(files)) or (typed.https is not None and not all(files)):
        fail(
            "--https goes with a certificate, its key and the authority of those who may ask",
            "Give --https, --cert, --key and --client-ca together",
        )


def list_planner_paths(typed: PlannerTyped) -> dict[str, Path | None]:
    """Return what names a file or a folder, by its option."""
    return {
        "--profile": typed.profile,
        "--planner-key": typed.planner_key,
        "--versions": typed.versions,
        "--cert": typed.cert,
        "--key": typed.key,
        "--client-ca": typed.client_ca,
    }


def find_planner(typed: PlannerTyped) -> PlannerOptions | None:
    """Return what a planner is started with; None: there is none."""
    if not typed.planner or typed.profile is None:
        return None
    return PlannerOptions(
        profile=typed.profile.resolve(),
        key=None if typed.planner_key is None else typed.planner_key.resolve(),
        versions=None if typed.versions is None else typed.versions.resolve(),
        https=_find_https(typed),
    )


def _find_https(typed: PlannerTyped) -> Https | None:
    if typed.https is None or not (typed.cert and typed.key and typed.client_ca):
        return None
    return Https(
        address=typed.https,
        certificate=typed.cert.resolve(),
        key=typed.key.resolve(),
        client_authority=typed.client_ca.resolve(),
    )
