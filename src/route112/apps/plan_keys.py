"""`route112 plan keys`, `sign` and `verify`: who may say what sites believe."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn, TypeVar

import click

from route112.adapters.atomic_file import write_atomically
from route112.adapters.clock import utc_now
from route112.adapters.key_files import (
    KeyFileError,
    generate_key,
    read_passphrase,
    read_private_key,
    write_private_key,
)
from route112.adapters.source_folder import read_plain
from route112.apps._console import EXIT_REFUSED, echo_json, fail, print_table
from route112.apps.plan.options import FILE, json_option, open_snapshot, passphrase_options
from route112.model import UtcTime
from route112.snapshot.errors import Reason, SnapshotError
from route112.snapshot.keys import find_key_id, sign_snapshot, verify_snapshot
from route112.snapshot.layout import TOTAL_SIZE_MAX
from route112.snapshot.reader import Snapshot
from route112.snapshot.trust import (
    KEYS_COUNT_MIN,
    TrustedKey,
    TrustError,
    TrustList,
    parse_public_key,
    parse_trust,
    render_public_key,
    render_trust,
    revoke_key,
    rotate_key,
)

KEY_DAYS_DEFAULT = 730
"""Days for which a new key counts, unless told otherwise."""
KEY_DAYS_MAX = 3_650
"""Longest life of a key."""
OVERLAP_DAYS_DEFAULT = 30
"""Days for which an old key counts beside its successor."""
_US_PER_DAY = 86_400 * 1_000_000

KEYS_EPILOG = """\b
Examples:
  route112 plan keys new a.key --name "planner A"     a.key stays here, a.key.pub travels
  route112 plan keys trust trust.json a.key.pub b.key.pub
  route112 plan keys rotate trust.json ID --to c.key.pub
  route112 plan keys revoke trust.json ID --reason "laptop stolen"

Exit codes: 0 fine, 1 refused, 2 cannot run."""
SIGN_EPILOG = "\b\nExample:\n  route112 plan sign fr.r112 --key a.key -o fr-signed.r112"
VERIFY_EPILOG = """\b
Example: route112 plan verify fr-2.r112 --trust trust.json --floor fr.r112
Exit codes: 0 a site would accept FILE, 1 it would refuse it, 2 cannot run."""

_REMEDIES = {
    Reason.UNSIGNED: "Sign it with `route112 plan sign`",
    Reason.UNKNOWN_KEY: "Sign it with a key of the trust list, or send the new list first",
    Reason.REVOKED_KEY: "Sign it again with another key of the list",
    Reason.EXPIRED_KEY: "Check the clock, or sign it again with a key in its dates",
    Reason.BAD_SIGNATURE: "Fetch it again from where it was signed",
    Reason.OLDER_GENERATION: "Build it again with a higher generation",
    Reason.SAME_GENERATION_OTHER_CONTENT: "Find out who signed twice before anything else",
    Reason.FUTURE_FORMAT: "Upgrade route112 here before the snapshot",
}
_REMEDY_DEFAULT = "Fetch the file again, or build it again with `route112 plan build`"

Parsed = TypeVar("Parsed", TrustList, TrustedKey)


@click.group(epilog=KEYS_EPILOG)
def keys() -> None:
    """Make, list, add and revoke signing keys."""


@keys.command()
@click.argument("key_file", type=FILE)
@click.option("--name", default="", help="Who holds it  [default: name of the file]")
@click.option(
    "--days",
    type=click.IntRange(1, KEY_DAYS_MAX),
    default=KEY_DAYS_DEFAULT,
    show_default=True,
    help="Days for which it counts, from now.",
)
@passphrase_options
def new(
    key_file: Path, name: str, days: int, *, passphrase_file: Path | None, ask_passphrase: bool
) -> None:
    """Make a key: KEY_FILE is private and stays here, KEY_FILE.pub is for trust lists."""
    passphrase = _get_passphrase(passphrase_file, ask=ask_passphrase, confirm=True)
    key = generate_key()
    now = _today()
    public = TrustedKey(
        id=find_key_id(key),
        name=name or key_file.stem,
        public_key=key.public_key().public_bytes_raw(),
        not_before=now,
        not_after=UtcTime(now + days * _US_PER_DAY),
    )
    try:
        write_private_key(key_file, key, passphrase)
    except KeyFileError as error:
        fail(error.message, error.remedy)
    public_file = key_file.with_name(f"{key_file.name}.pub")
    write_file(public_file, render_public_key(public))
    click.echo(f"key {public.id}: {key_file} stays secret, {public_file} joins trust lists")


@keys.command("list")
@click.argument("trust", type=FILE)
@json_option
def list_keys(trust: Path, *, as_json: bool) -> None:
    """Show the keys of a trust list, and whether each one counts now."""
    columns = ("key", "name", "from", "until", "state")
    rows = [_render_key(key, utc_now()) for key in _parse(trust, parse_trust, "trust").keys]
    if as_json:
        echo_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        print_table("", columns, rows)


@keys.command("trust")
@click.argument("trust", type=FILE)
@click.argument("public_files", type=FILE, nargs=-1, required=True)
def trust_keys(trust: Path, public_files: tuple[Path, ...]) -> None:
    """Add public keys to a trust list, or begin a list with at least two."""
    known = _parse(trust, parse_trust, "trust").keys if trust.exists() else ()
    added = tuple(_parse(path, parse_public_key, "new") for path in public_files)
    _write_trust(trust, lambda: TrustList((*known, *added)))


@keys.command()
@click.argument("trust", type=FILE)
@click.argument("key_id")
@click.option("--reason", required=True, help="Why; every site will show it.")
@click.option("--force", is_flag=True, help="Revoke it although no key counts afterwards.")
def revoke(trust: Path, key_id: str, reason: str, *, force: bool) -> None:
    """Revoke a key: whatever it signed is refused from now on, whatever its date."""
    known = _parse(trust, parse_trust, "trust")
    _write_trust(trust, lambda: revoke_key(known, key_id, at=_today(), reason=reason, last=force))


@keys.command()
@click.argument("trust", type=FILE)
@click.argument("key_id")
@click.option("--to", "successor", type=FILE, required=True, help="Public file of the new key.")
@click.option(
    "--overlap-days",
    type=click.IntRange(0, KEY_DAYS_MAX),
    default=OVERLAP_DAYS_DEFAULT,
    show_default=True,
    help="Days for which both count.",
)
def rotate(trust: Path, key_id: str, successor: Path, overlap_days: int) -> None:
    """Add the successor of a key, and let the old one end after an overlap."""
    known = _parse(trust, parse_trust, "trust")
    key = _parse(successor, parse_public_key, "new")
    until = UtcTime(_today() + overlap_days * _US_PER_DAY)
    _write_trust(trust, lambda: rotate_key(known, key_id, successor=key, old_until=until))


@click.command(epilog=SIGN_EPILOG)
@click.argument("file", type=FILE)
@click.option("--key", "key_file", type=FILE, required=True, help="Private key that signs.")
@click.option("-o", "--output", type=FILE, help="Where to write  [default: FILE itself]")
@passphrase_options
def sign(
    file: Path,
    key_file: Path,
    output: Path | None,
    *,
    passphrase_file: Path | None,
    ask_passphrase: bool,
) -> None:
    """Sign a snapshot."""
    try:
        signed = sign_content(_read(file), key_file, passphrase_file, ask=ask_passphrase)
    except SnapshotError as error:
        _refuse(file, error)
    write_file(output or file, signed)
    snapshot = Snapshot(signed)
    assert snapshot.signature is not None, "it was signed just now"
    name = f"generation {snapshot.generation} ({snapshot.content_hash[:16]})"
    click.echo(f"{output or file}: {name} signed by key {snapshot.signature.key_id}")


def sign_content(
    content: bytes, key_file: Path, passphrase_file: Path | None, *, ask: bool
) -> bytes:
    """Sign a snapshot by the key of a file; SnapshotError where it is none."""
    passphrase = _get_passphrase(passphrase_file, ask=ask, confirm=False)
    try:
        return sign_snapshot(content, read_private_key(key_file, passphrase))
    except KeyFileError as error:
        fail(error.message, error.remedy)


@click.command(epilog=VERIFY_EPILOG)
@click.argument("file", type=FILE)
@click.option("--trust", type=FILE, required=True, help="Trust list of the sites.")
@click.option("--floor", type=FILE, help="Snapshot in force: FILE must be newer, or the same.")
@json_option
def verify(file: Path, trust: Path, floor: Path | None, *, as_json: bool) -> None:
    """Verify a snapshot's signature against a trust list."""
    known = _parse(trust, parse_trust, "trust")
    lowest = None if floor is None else open_snapshot(floor).floor
    content = _read(file)
    try:
        verify_snapshot(content, known, now=utc_now(), floor=lowest)
    except SnapshotError as error:
        if as_json:
            echo_json({"accepted": False, "reason": error.reason_code, "message": error.message})
            raise click.exceptions.Exit(EXIT_REFUSED) from error
        _refuse(file, error)
    snapshot = Snapshot(content)
    key = snapshot.signature.key_id if snapshot.signature else ""
    identity = {"generation": snapshot.generation, "content_hash": snapshot.content_hash}
    if as_json:
        echo_json({"accepted": True, "key": key, **identity})
        return
    click.echo(f"{file}: generation {snapshot.generation}, signed by key {key}: accepted")


def _refuse(file: Path, error: SnapshotError) -> NoReturn:
    text = f"{file} is refused ({error.reason_code}): {error.message}"
    fail(text, _REMEDIES.get(error.reason_code, _REMEDY_DEFAULT), code=EXIT_REFUSED)


def _today() -> UtcTime:
    """Return the time in whole seconds, as people write it."""
    return UtcTime(utc_now() // 1_000_000 * 1_000_000)


def _day(time: UtcTime) -> str:
    return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time):%Y-%m-%d}"


def _render_key(key: TrustedKey, now: UtcTime) -> tuple[str, ...]:
    state = "counts" if now < key.not_after else "ended"
    if now < key.not_before:
        state = "not yet"
    if key.revoked_at is not None:
        state = f"revoked {_day(key.revoked_at)}: {key.reason}"
    return key.id, key.name, _day(key.not_before), _day(key.not_after), state


def _get_passphrase(path: Path | None, *, ask: bool, confirm: bool) -> bytes | None:
    if path is not None and ask:
        fail("two passphrases", "Give --passphrase-file or --ask-passphrase, not both")
    if ask:
        text: str = click.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm)
        return text.encode()
    if path is None:
        return None
    try:
        return read_passphrase(path)
    except KeyFileError as error:
        fail(error.message, error.remedy)


def _parse(path: Path, parse: Callable[[bytes], Parsed], source: str) -> Parsed:
    try:
        return parse(_read(path))
    except TrustError as error:
        fail(f"{path}: {error}", f"Name a file of `route112 plan keys {source}`")


def _read(path: Path) -> bytes:
    try:
        return read_plain(path, TOTAL_SIZE_MAX)
    except OSError as error:
        fail(f"{path} cannot be read: {error.strerror}", "Check the name and the permissions")


def _write_trust(path: Path, change: Callable[[], TrustList]) -> None:
    """Write a changed trust list, and say when no key is left in reserve."""
    try:
        changed = change()
    except TrustError as error:
        fail(f"{path}: {error}", "Nothing was written; see `plan keys list`", code=EXIT_REFUSED)
    write_file(path, render_trust(changed))
    usable = len(changed.list_usable(utc_now()))
    click.echo(f"{path}: {len(changed.keys)} keys, {usable} of them count now")
    if usable < KEYS_COUNT_MIN:
        click.echo("  No key is in reserve: make one with `plan keys new` and add it", err=True)


def write_file(path: Path, content: bytes) -> None:
    """Write a file whole, or end the command."""
    try:
        write_atomically(path, content)
    except OSError as error:
        fail(f"{path} cannot be written: {error.strerror}", "Name a folder that is yours")
