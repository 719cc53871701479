"""
Parsed plan files, kept between builds, so that an unchanged file is not parsed again.

An entry is found by what went in (name and bytes of the file, profile, territory and the code of
the importer itself) and is believed only if it is whole: its own checksum, its place, its
types and the range of every index. Anything else is removed, and the file parsed again.
"""

import hashlib
import importlib.metadata
import os
import sys
import tempfile
from array import array
from collections.abc import Iterable
from pathlib import Path

import msgspec

import route112
from route112.model import PlanFile, PlanRoute, Problem

CACHE_BYTES_MAX = 256 * 1024 * 1024
"""Size above which the entries used longest ago are removed."""
ENTRY_BYTES_MAX = 32 * 1024 * 1024
"""Largest entry that is read or written."""
SUFFIX = ".plan"
MAGIC = b"route112 parsed plan 1\n"
DIGEST_SIZE = 32
CELLS_PER_ROW = 5
READERS = ("python-calamine", "ftfy")
"""Libraries whose version may change what a file means."""
IMPORTER_PACKAGES = ("model", "wire")
"""Packages whose code decides what a file means."""


class _Entry(msgspec.Struct, frozen=True, array_like=True):
    """A `PlanFile` without its array, and what it was made from."""

    key: str
    file: str
    sha256: str
    departement: str
    sheets: tuple[str, ...]
    communes: tuple[str, ...]
    short_numbers: tuple[str, ...]
    routes: tuple[PlanRoute, ...]
    cells: bytes
    """Little-endian unsigned 32-bit numbers."""
    problems: tuple[Problem, ...]


class ParseCacheError(Exception):
    """A cache folder that must not be used, in words for its user."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


def find_cache_folder() -> Path:
    """Return the folder that is used unless the user names one."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "route112"


def fingerprint(parts: Iterable[bytes]) -> str:
    """
    Return one name for everything but the file itself that parsing depends on.

    Args:
        parts: profile, communes and former communes, as bytes. The importer's own code and the
            versions of what it stands on are added.

    """
    versions = [importlib.metadata.version(name) for name in READERS]
    digest = hashlib.sha256(" ".join((sys.version, *versions)).encode())
    root = Path(route112.__file__).parent
    modules = [
        module for name in IMPORTER_PACKAGES for module in sorted((root / name).rglob("*.py"))
    ]
    for content in (*parts, *(module.read_bytes() for module in modules)):
        digest.update(len(content).to_bytes(8, "little") + content)
    return digest.hexdigest()


class ParseCache:
    """
    Entries in one private folder.

    Args:
        folder: made with mode 0700 where it is missing.
        fingerprint: of everything but the files themselves, see `fingerprint`.
        bytes_max: size that `evict` comes down to.
    Raises: ParseCacheError where the folder is somebody else's or others may write into it.

    """

    def __init__(
        self, folder: Path, fingerprint: str, *, bytes_max: int = CACHE_BYTES_MAX
    ) -> None:
        self._folder = folder
        self._fingerprint = fingerprint
        self._bytes_max = bytes_max
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            state = folder.stat()
        except OSError as error:
            raise ParseCacheError(
                f"the cache folder {folder} cannot be made: {error.strerror}",
                "Name another with --cache DIR, or build with --no-cache",
            ) from error
        if state.st_uid != os.geteuid() or state.st_mode & 0o022:
            raise ParseCacheError(
                f"others may write into the cache folder {folder}",
                f"Run `chmod 700 {folder}`, name another with --cache DIR, or use --no-cache",
            )

    def find(self, name: str, content: bytes) -> PlanFile | None:
        """Return the parsed file, or None where it must be parsed."""
        key = self._key(name, content)
        path = self._folder / (key + SUFFIX)
        try:
            with path.open("rb") as file:
                stored = file.read(ENTRY_BYTES_MAX + 1)
        except OSError:
            return None
        parsed = _decode(stored, key, name)
        if parsed is None or parsed.sha256 != hashlib.sha256(content).hexdigest():
            path.unlink(missing_ok=True)
            return None
        os.utime(path)
        return parsed

    def store(self, name: str, content: bytes, parsed: PlanFile) -> None:
        """Keep a parsed file; a full or vanished disk only means parsing again next time."""
        key = self._key(name, content)
        stored = _encode(parsed, key)
        if len(stored) > ENTRY_BYTES_MAX:
            return
        try:
            handle, temporary = tempfile.mkstemp(suffix=".new", dir=self._folder)
            with os.fdopen(handle, "wb") as file:
                file.write(stored)
            Path(temporary).replace(self._folder / (key + SUFFIX))
        except OSError:
            self.evict()

    def evict(self) -> int:
        """Remove what was used longest ago until the cache fits; return how many were removed."""
        entries = []
        for path in self._folder.iterdir():
            if path.suffix in (SUFFIX, ".new"):
                state = path.stat()
                entries.append((state.st_mtime_ns, state.st_size, path))
        total = sum(size for _, size, _ in entries)
        removed = 0
        for _, size, path in sorted(entries):
            if total <= self._bytes_max:
                break
            path.unlink(missing_ok=True)
            total -= size
            removed += 1
        return removed

    def _key(self, name: str, content: bytes) -> str:
        digest = hashlib.sha256(self._fingerprint.encode())
        digest.update(name.encode("utf-8", "surrogateescape") + b"\0")
        digest.update(hashlib.sha256(content).digest())
        return digest.hexdigest()


def _encode(parsed: PlanFile, key: str) -> bytes:
    cells = array("I", parsed.cells)
    if sys.byteorder == "big":
        cells.byteswap()
    entry = _Entry(
        key=key,
        file=parsed.file,
        sha256=parsed.sha256,
        departement=parsed.departement,
        sheets=parsed.sheets,
        communes=parsed.communes,
        short_numbers=parsed.short_numbers,
        routes=parsed.routes,
        cells=cells.tobytes(),
        problems=parsed.problems,
    )
    body = msgspec.msgpack.encode(entry)
    return MAGIC + hashlib.sha256(body).digest() + body


def _decode(stored: bytes, key: str, name: str) -> PlanFile | None:
    """Return the file of an entry, or None unless every part of it is as it was written."""
    head, body = stored[: len(MAGIC) + DIGEST_SIZE], stored[len(MAGIC) + DIGEST_SIZE :]
    if head != MAGIC + hashlib.sha256(body).digest():
        return None
    try:
        entry = msgspec.msgpack.decode(body, type=_Entry)
    except (msgspec.ValidationError, msgspec.DecodeError, AssertionError):
        return None
    cells = array("I")
    if entry.key != key or entry.file != name or len(entry.cells) % (4 * CELLS_PER_ROW):
        return None
    cells.frombytes(entry.cells)
    if sys.byteorder == "big":
        cells.byteswap()
    parsed = PlanFile(
        file=entry.file,
        sha256=entry.sha256,
        departement=entry.departement,
        sheets=entry.sheets,
        communes=entry.communes,
        short_numbers=entry.short_numbers,
        routes=entry.routes,
        cells=cells,
        problems=entry.problems,
    )
    return parsed if _in_range(parsed) else None


def _in_range(parsed: PlanFile) -> bool:
    tables = (parsed.communes, parsed.short_numbers, parsed.routes, parsed.sheets)
    return all(
        max(parsed.cells[part::CELLS_PER_ROW], default=-1) < len(table)
        for part, table in enumerate(tables)
    )
