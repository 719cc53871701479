"""`route112 plan lint`: check one prefecture's file, with nothing else at hand."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from route112.adapters.parsing.pool import parse_in_processes
from route112.adapters.source_folder import SourceFolder, SourceFolderError
from route112.apps._console import (
    EXIT_REFUSED,
    echo_json,
    echo_problems,
    fail,
    print_table,
    progress,
)
from route112.apps.plan.build import list_files
from route112.apps.plan.options import FILE, all_problems_option, json_option
from route112.countries import COUNTRIES, read_builtin_communes, read_builtin_profile
from route112.model import PlanFile, Profile, Territory
from route112.planning.checks.alone import check_alone
from route112.wire.pdaau import parse_pdaau
from route112.wire.territory import parse_communes
from route112.wire.yaml_documents import parse_profile

EPILOG = """\b
Examples:
  route112 plan lint PDAAU_29.ods
  route112 plan lint pdaau/*.csv --all-problems
  route112 plan lint PDAAU_29.ods --json

\b
Exit codes: 0 every file can be taken (repairs and warnings are shown), 1 a file is refused,
2 cannot run. Whether targets exist is checked by `route112 plan build`, which has the PSAPs."""


@click.command(epilog=EPILOG)
@click.argument("files", type=FILE, nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--country",
    type=click.Choice(COUNTRIES),
    default=COUNTRIES[0],
    show_default=True,
    help="Country whose numbers and communes are meant.",
)
@click.option("--profile", "profile_path", type=FILE, help="A profile.yaml of your own.")
@json_option
@all_problems_option
def lint(files: tuple[Path, ...], country: str, **options: Any) -> None:  # noqa: ANN401
    """Check PDAAU files alone, as CSV, ODS or XLSX."""
    profile, territory = _read_rules(country, options["profile_path"])
    tasks = [(str(path), _read_file(path)) for path in files]

    def parse(name: str, content: bytes) -> PlanFile:
        return parse_pdaau(content, file=name, profile=profile, territory=territory)

    parsed: dict[str, PlanFile] = {}
    with progress("Reading plans", len(tasks)) as advance:
        for file in parse_in_processes(tasks, parse):
            parsed[file.file] = file
            advance(file.file)
    ordered = [_check(parsed[str(path)], profile, territory) for path in files]
    if options["as_json"]:
        problems = [problem for file in ordered for problem in file.problems]
        echo_json({"files": list_files(ordered), "problems": problems})
    else:
        _print_files(ordered, show_all=options["all_problems"])
    if any(file.refused for file in ordered):
        raise click.exceptions.Exit(EXIT_REFUSED)


def _check(file: PlanFile, profile: Profile, territory: Territory) -> PlanFile:
    """Add what is wrong between the rows of a file that can be read."""
    if file.refused:
        return file
    problems = check_alone(file, profile=profile, territory=territory)
    return replace(file, problems=(*file.problems, *problems))


def _print_files(files: list[PlanFile], *, show_all: bool) -> None:
    echo_problems([problem for file in files for problem in file.problems], show_all=show_all)
    columns = ("rows", "repairs", "warnings", "errors")
    rows = [
        (
            row["file"],
            row["departement"],
            *(row[column] for column in columns),
            "refused" if row["refused"] else "can be taken",
        )
        for row in list_files(files)
    ]
    print_table("", ("file", "departement", *columns, "verdict"), rows)
    if any(file.refused for file in files):
        click.echo("Mend the errors; a file is taken whole or not at all.")


def _read_rules(country: str, path: Path | None) -> tuple[Profile, Territory]:
    """Return the profile and the communes that the files are checked against."""
    name = str(path) if path else f"profile of {country}"
    content = _read_file(path) if path else read_builtin_profile(country)
    profile, problems = parse_profile(content, file=name)
    territory, more = parse_communes(*read_builtin_communes(country), file="communes")
    if profile is None or territory is None:
        echo_problems((*problems, *more))
        fail(f"{name} cannot be used", "Mend its errors, or leave --profile out")
    return profile, territory


def _read_file(path: Path) -> bytes:
    real = path.resolve()  # whoever names a link means the file
    try:
        return SourceFolder(real.parent).read((real.name,))[real.name]
    except SourceFolderError as error:
        fail(str(error), error.remedy)
