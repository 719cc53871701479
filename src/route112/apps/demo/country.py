"""The demo's ground: country, snapshot and keys, made once and reused by the same version."""

import datetime as dt
import hashlib
import multiprocessing
import shutil
import sys
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import route112
from route112.adapters.atomic_file import write_atomically
from route112.adapters.clock import utc_now
from route112.apps._console import EXIT_REFUSED, echo_problems, fail, progress
from route112.apps.plan.sources import check_sources
from route112.countries.fr import build_demo
from route112.model import Problem, Severity, UtcTime
from route112.planning import make_candidate
from route112.planning.candidate import Lineage
from route112.planning.checks import Subject
from route112.snapshot.keys import TrustList, find_key_id, sign_snapshot, verify_snapshot
from route112.snapshot.reader import Snapshot
from route112.snapshot.trust import TrustedKey, render_trust
from route112.snapshot.writer import write_snapshot

INCOMPLETE = "incomplete"
KEY_DAYS = 365


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """Where the demo keeps its files."""

    path: Path

    @property
    def source(self) -> Path:
        """The demo country, a source folder."""
        return self.path / "fr"

    @property
    def stamp(self) -> Path:
        """Says which version wrote `source`; there as soon as anything of it is."""
        return self.path / "fr.stamp"

    @property
    def snapshot(self) -> Path:
        """The signed snapshot."""
        return self.path / "fr.r112"

    @property
    def trust(self) -> Path:
        """The trust list with the demo's two public keys."""
        return self.path / "trust.json"

    @property
    def run(self) -> Path:
        """Run directory of the country: state, logs and records of the last run."""
        return self.path / "run"


def compute_stamp() -> str:
    """Return a digest of the installed package: any change to it makes the demo anew."""
    root = Path(route112.__file__).parent
    digest = hashlib.sha256(route112.__version__.encode())
    for path in sorted(root.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(f"{path.relative_to(root)}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def write_country(folder: DemoFolder, *, rtc_share: float | None = None) -> bool:
    """
    Write the demo country unless this version already has; tell whether it wrote.

    Args:
        rtc_share: of the answering points, how many hang on the switched network.

    """
    chosen = {} if rtc_share is None else {"rtc_percent": round(rtc_share * 100)}
    stamp = " ".join([compute_stamp(), *(f"{name}={value}" for name, value in chosen.items())])
    found = folder.stamp.read_text(encoding="ascii") if folder.stamp.exists() else None
    if found == stamp:
        return False
    if found is not None:
        shutil.rmtree(folder.source, ignore_errors=True)
    elif folder.source.exists():
        fail(
            f"{folder.source} exists and is not a demo of ours",
            "Name another folder with --dir",
        )
    folder.stamp.write_text(INCOMPLETE, encoding="ascii")
    demo = build_demo(**chosen)
    with progress("Writing the demo country", demo.count_files()) as advance:
        for name, content in demo.render_files():
            target = folder.source / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            advance(name)
    folder.stamp.write_text(stamp, encoding="ascii")
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltSnapshot:
    """The snapshot in force, and what it took to get there."""

    snapshot: Snapshot
    files: int
    """PDAAU files of the country."""
    parsed: int
    """Those that were parsed in this run; the others had not changed."""
    key_id: str
    subject: Subject
    """What has been checked."""
    warnings: tuple[Problem, ...]
    """What the check of the plan says, and lets pass."""


def build_snapshot(folder: DemoFolder) -> BuiltSnapshot:
    """Check the country, write it as a snapshot, sign it and verify the file that was written."""
    checked = check_sources(folder.source, cache=folder.path / "cache")
    if checked.refused or checked.subject is None:
        errors = [problem for problem in checked.problems if problem.severity == Severity.ERROR]
        echo_problems(errors)
        fail(
            f"{folder.source} is refused with {len(errors)} errors",
            f"Mend them, or remove {folder.stamp} to have the country written anew",
            code=EXIT_REFUSED,
        )
    subject = checked.subject
    content = make_candidate(
        subject.plan, subject.resolution, timezones=subject.timezones, lineage=Lineage()
    )
    key, trust = make_keys()
    write_atomically(folder.trust, render_trust(trust))
    write_atomically(folder.snapshot, sign_snapshot(write_snapshot(content), key))
    signed = folder.snapshot.read_bytes()
    verify_snapshot(signed, trust, now=utc_now(), floor=None)
    snapshot = Snapshot(signed)
    return BuiltSnapshot(
        snapshot=snapshot,
        files=len(checked.files),
        parsed=checked.parsed,
        key_id=find_key_id(key),
        subject=subject,
        warnings=tuple(
            problem for problem in checked.problems if problem.severity == Severity.WARNING
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a newcomer is told of the snapshot that was built."""

    files: int
    parsed: int
    warnings: tuple[Problem, ...]


def build_aside(folder: DemoFolder) -> Facts:
    """
    Write the country and build its snapshot in a process of its own, or end the command.

    What planning took of memory is given back with it: thirteen programs are to run here.
    """
    context = multiprocessing.get_context("fork")
    receiving, sending = context.Pipe(duplex=False)
    child = context.Process(target=_build, args=(folder, sending))
    child.start()
    sending.close()
    try:
        facts: Facts = receiving.recv()
    except EOFError:
        child.join()
        raise click.exceptions.Exit(child.exitcode or EXIT_REFUSED) from None
    child.join()
    return facts


def _build(folder: DemoFolder, sending: Connection) -> None:
    try:
        write_country(folder)
        built = build_snapshot(folder)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except KeyboardInterrupt:  # whoever waits for this one has it, too
        sys.exit(EXIT_REFUSED)
    sending.send(Facts(files=built.files, parsed=built.parsed, warnings=built.warnings))


def make_keys() -> tuple[Ed25519PrivateKey, TrustList]:
    """
    Make a key for this run, and a trust list that has it and one in reserve.

    Neither private key is written anywhere: nobody else has to sign for the demo.
    """
    now = utc_now()
    ends = UtcTime(now + dt.timedelta(days=KEY_DAYS) // dt.timedelta(microseconds=1))
    keys = [Ed25519PrivateKey.generate() for _ in range(2)]
    trusted = (
        TrustedKey(
            id=find_key_id(key),
            name=name,
            public_key=key.public_key().public_bytes_raw(),
            not_before=now,
            not_after=ends,
        )
        for key, name in zip(keys, ("demo", "demo, in reserve"), strict=True)
    )
    return keys[0], TrustList(tuple(trusted))
