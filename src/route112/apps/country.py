"""`route112 country`: write a demo country."""

import time
from pathlib import Path

import click

from route112.apps._console import fail, own_name, print_table, progress
from route112.countries import COUNTRIES

EPILOG = """\b
Examples:
  route112 country demo fr var/fr            write the French demo country
  route112 country demo fr var/fr --force    write it over an older one
  route112 country demo fr var/rtc --rtc-share 0.9   nearly all of it behind the switched network
  route112 plan build var/fr -o fr.r112      then build a snapshot from it

Everything in it is synthetic but the communes; the same command writes the same bytes."""


@click.group(epilog=EPILOG)
def country() -> None:
    """Write a demo country: a source folder with invented answering points."""


@country.command(epilog=EPILOG)
@click.argument("name", metavar="COUNTRY", type=click.Choice(COUNTRIES))
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--force", is_flag=True, help="Write into DIR although it is not empty.")
@click.option(
    "--rtc-share",
    type=click.FloatRange(0, 1),
    help="Share of the answering points behind the switched network, 0 to 1  [default: 0.35]",
)
def demo(name: str, folder: Path, *, force: bool, rtc_share: float | None) -> None:
    """Write the demo of COUNTRY into DIR: profile, centres, plan files, expected answers."""
    started = time.monotonic()
    if folder.is_dir() and any(folder.iterdir()) and not force:
        fail(
            f"{folder} is not empty",
            "name an empty folder, or say --force to overwrite the files of the demo in it",
        )
    click.echo(f"{name}: reading communes, inventing answering points", err=True)
    # Imported here, so that --help and a wrong folder answer at once.
    from route112.countries.fr import build_demo

    chosen = {} if rtc_share is None else {"rtc_percent": round(rtc_share * 100)}
    built = build_demo(**chosen)
    written = 0
    ours: set[Path] = set()
    try:
        with progress(f"{name}: files", built.count_files()) as advance:
            for path, content in built.render_files():
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
                written += len(content)
                ours.add(target)
                advance(path)
    except OSError as error:
        fail(f"cannot write into {folder}: {error.strerror}", "name a folder that you may write")
    rows: list[tuple[str, object]] = [
        (f"plan files, {extension.upper()}", count)
        for extension, count in sorted(built.count_formats().items())
    ]
    rows += [
        ("communes", len(built.intent.ground.communes)),
        ("answering points", len(built.intent.psaps)),
        ("carriers", len({psap.carrier for psap in built.intent.psaps.values()})),
        ("keys (commune x number)", built.keys),
        ("bytes", written),
        ("seconds", round(time.monotonic() - started, 1)),
    ]
    print_table(f"Demo country {name} in {folder}", ("what", "how many"), rows)
    for stray in _list_strays(folder, ours):
        click.echo(f"warning: {stray} is not of this demo and would be built too; remove it")
    click.echo(f"Next: {own_name()} plan build {folder} -o {name}.r112")


def _list_strays(folder: Path, ours: set[Path]) -> list[Path]:
    """List files beside ours that a build would take, such as plans of an older demo."""
    beside = {path for target in ours for path in target.parent.iterdir() if path.is_file()}
    return sorted(path for path in beside - ours if path.parent != folder)
