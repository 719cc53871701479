"""The archive: a manifest, its hash, and the files that it names, in its order and no others."""

import hashlib
import io
import os
import re
import stat
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, cast

import msgspec

from route112.adapters.backup_file.sealing import MAGIC, Sealer, SealError, Unsealer

MANIFEST = "manifest.json"
SEAL = "manifest.sha256"
"""SHA-256 of the manifest: whoever altered it by chance is told so."""
MANIFEST_VERSION = 1
MANIFEST_BYTES_MAX = 1 << 20
PIECES_MAX = 1_000
MODE_FILE, MODE_FOLDER = 0o600, 0o700
MODE_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_NAME = re.compile(r"[A-Za-z0-9_+-][A-Za-z0-9._+-]*(/[A-Za-z0-9_+-][A-Za-z0-9._+-]*){1,3}")
_BLOCK_BYTES = 1 << 20


class BackupError(Exception):
    """A backup cannot be written or believed; says what is wrong and what to do."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message, self.remedy = message, remedy


class Piece(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """One file."""

    name: str
    """Relative; never absolute, never upwards."""
    size: int
    sha256: str


class Manifest(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What is in a backup."""

    version: int
    made_us: int
    """UTC, microseconds."""
    software: str
    host: str
    generation: int
    """Highest one that was given a number."""
    journal_lines: int
    journal_seal: str
    """Of its last line."""
    pieces: tuple[Piece, ...]


class _Reading(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Backup:
    """An open backup, of which the manifest was read."""

    manifest: Manifest
    _archive: tarfile.TarFile

    def extract(
        self, folder: Path | None, is_wanted: Callable[[str], bool] = lambda _: True
    ) -> None:
        """
        Write pieces below a folder, synced, mode 0600; None: only compare them.

        All are compared; those whose names are not wanted are written nowhere.

        Raises: BackupError where anything is not as the manifest has it; OSError.
        """
        with _told():
            for piece in self.manifest.pieces:
                content = _open_next(self._archive, piece.name)
                target = Path(os.devnull)
                if folder is not None and is_wanted(piece.name):
                    target = folder / piece.name
                    target.parent.mkdir(mode=MODE_FOLDER, parents=True, exist_ok=True)
                if _copy(content, target) != (piece.size, piece.sha256):
                    raise _altered(f"{piece.name} is not as it was written")
            if (more := self._archive.next()) is not None:
                raise _altered(f"{more.name} is in it, and not in its manifest")


def write_backup(
    target: Path,
    manifest: Manifest,
    files: Mapping[str, Path],
    passphrase: bytes | None,
) -> None:
    """
    Write a backup, read it again, and give it its name; never over another file.

    Args:
        target: of mode 0600 from its first byte.
        manifest: names each piece.
        files: where the pieces are, by name.
        passphrase: seals it; None: anybody who can read the file can read it.
    Raises: BackupError, OSError; nothing is left then.
    """
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".new", dir=target.parent)
    aside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            if os.fstat(file.fileno()).st_mode & MODE_OTHERS:
                raise BackupError(
                    f"the file system of {target.parent} shows files to others",
                    "Name a folder on one that keeps permissions",
                )
            sealer = None if passphrase is None else Sealer(file, passphrase)
            _write_archive(cast("BinaryIO", sealer or file), manifest, files)
            if sealer is not None:
                sealer.finish()
            file.flush()
            os.fsync(file.fileno())
        with read_backup(aside, passphrase) as written:
            written.extract(None)
        os.link(aside, target)
    except FileExistsError as error:
        raise BackupError(
            f"{target} exists already", "Choose another name; a backup is never overwritten"
        ) from error
    finally:
        aside.unlink(missing_ok=True)
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def read_backup(path: Path, passphrase: bytes | None) -> Iterator[Backup]:
    """
    Open a backup and read its manifest.

    Raises: BackupError, OSError.
    """
    with path.open("rb") as file, _told():
        if os.fstat(file.fileno()).st_mode & MODE_OTHERS:
            raise BackupError(
                f"{path} can be read by others", f"Run chmod 600 {path}: there are secrets in it"
            )
        is_sealed = file.read(len(MAGIC)) == MAGIC
        file.seek(0)
        if is_sealed and passphrase is None:
            raise BackupError(f"{path} is sealed", "Give --passphrase-file")
        if not is_sealed and passphrase is not None:
            raise BackupError(f"{path} is not sealed", "Leave --passphrase-file out")
        reading = Unsealer(file, passphrase) if passphrase is not None else file
        with tarfile.open(fileobj=cast("BinaryIO", reading), mode="r|") as archive:
            yield Backup(_read_manifest(archive), archive)


def hash_file(name: str, path: Path) -> Piece:
    """Describe a file as a piece. Raises: OSError."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return Piece(name=name, size=file.tell(), sha256=digest.hexdigest())


def _write_archive(file: BinaryIO, manifest: Manifest, files: Mapping[str, Path]) -> None:
    content = msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
    digest = hashlib.sha256(content).hexdigest().encode("ascii") + b"\n"
    with tarfile.open(fileobj=file, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        for name, text in ((MANIFEST, content), (SEAL, digest)):
            archive.addfile(_describe(name, len(text), manifest), io.BytesIO(text))
        for piece in manifest.pieces:
            with files[piece.name].open("rb") as source:
                archive.addfile(_describe(piece.name, piece.size, manifest), source)


def _describe(name: str, size: int, manifest: Manifest) -> tarfile.TarInfo:
    assert name in (MANIFEST, SEAL) or _NAME.fullmatch(name), name
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, MODE_FILE, manifest.made_us // 1_000_000
    return member


def _read_manifest(archive: tarfile.TarFile) -> Manifest:
    content = _open_next(archive, MANIFEST).read(MANIFEST_BYTES_MAX + 1)
    digest = _open_next(archive, SEAL).read(len(hashlib.sha256().hexdigest()))
    if hashlib.sha256(content).hexdigest().encode("ascii") != digest:
        raise _altered("its manifest is not as it was written")
    try:
        version = msgspec.json.decode(content, type=_Versioned).version
        if version > MANIFEST_VERSION:
            raise BackupError(
                f"the backup has version {version}, not {MANIFEST_VERSION}",
                "Restore it with the software that wrote it",
            )
        manifest = msgspec.json.decode(content, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _altered(f"its manifest cannot be read: {error}") from error
    names = [piece.name for piece in manifest.pieces]
    is_sound = all(_NAME.fullmatch(name) for name in names) and len(set(names)) == len(names)
    if not is_sound or len(names) > PIECES_MAX:
        raise _altered("its manifest names what no backup has")
    return manifest


class _Versioned(msgspec.Struct):
    version: int


def _open_next(archive: tarfile.TarFile, name: str) -> _Reading:
    member = archive.next()
    if member is None:
        raise _altered(f"it ends before {name}")
    if member.name != name or not member.isreg():
        raise _altered(f"{member.name} stands where {name} should")
    content = archive.extractfile(member)
    assert content is not None, "it is a regular file"
    return cast("_Reading", content)


def _copy(content: _Reading, target: Path) -> tuple[int, str]:
    """Write what is read; return its size and its hash."""
    digest, size = hashlib.sha256(), 0
    is_kept = target != Path(os.devnull)
    flags = os.O_WRONLY | os.O_CLOEXEC | ((os.O_CREAT | os.O_EXCL) if is_kept else 0)
    with os.fdopen(os.open(target, flags, MODE_FILE), "wb") as file:
        while block := content.read(_BLOCK_BYTES):
            digest.update(block)
            size += len(block)
            file.write(block)
        file.flush()
        if is_kept:
            os.fsync(file.fileno())
    return size, digest.hexdigest()


@contextmanager
def _told() -> Iterator[None]:
    """Say what a damaged archive is in words of its own."""
    try:
        yield
    except SealError as error:
        raise _altered(str(error)) from error
    except (tarfile.TarError, EOFError) as error:
        raise _altered(f"it is cut off, or no backup: {error}") from error


def _altered(text: str) -> BackupError:
    return BackupError(
        f"the backup cannot be believed: {text}", "Take another copy of it, or the one before"
    )
