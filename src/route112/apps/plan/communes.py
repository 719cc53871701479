"""Codes of communes as people type them on the command line."""

import click

from route112.model import Territory
from route112.snapshot.reader import Snapshot
from route112.snapshot.records import decode_key
from route112.wire.cells import find_code_width, read_commune_code


def read_commune(snapshot: Snapshot, text: str) -> str:
    """
    Return the code that somebody means, mended as the importer mends cells, or the text itself.

    `1004`, `2a004` and ` 29019 ` have one meaning each; what was mended is said on standard error.
    """
    if not text or snapshot.find_commune(text) is not None:
        return text
    territory = _list_territory(snapshot)
    code = read_commune_code(text, territory, width=find_code_width(territory)).value
    if not code:
        return text
    click.echo(f"commune {text!r} is read as {code}", err=True)
    return code


def _list_territory(snapshot: Snapshot) -> Territory:
    communes = map(snapshot.commune, range(snapshot.communes_count))
    columns = snapshot.records.columns
    merged = zip(columns["merged_keys"]["key"], columns["merged"]["commune"], strict=True)
    return Territory(
        {commune.code: commune for commune in communes},
        {decode_key(key): snapshot.commune(into).code for key, into in merged},
    )
