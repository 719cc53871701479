"""Names in a records folder, the identity of its raw file, and how far it has been sealed."""

import contextlib
import errno
import hashlib
import os
import secrets
import zlib
from dataclasses import dataclass
from pathlib import Path

from route112.adapters.record_spool.disk import MODE_FILE, MODE_FOLDER, open_regular
from route112.wire.record_lines import LINE_BYTES_MAX, parse_line, parse_piece, render_line

HEAD_BYTES = 4_096
"""Bytes at the beginning of a raw file that are never freed: its first line tells who it is."""
WRITER_DIGITS = 12
STATE_BYTES_MAX = 4_096
NUMBER_DIGITS_MAX = 18
"""Digits of any number in a records folder: whoever keeps one has 63 bits for it."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A records folder."""

    path: Path

    @property
    def raw(self) -> Path:
        """What a site appends to."""
        return self.path / "raw.log"

    @property
    def segments(self) -> Path:
        """Folder of sealed segments."""
        return self.path / "segments"

    @property
    def state(self) -> Path:
        """How far the raw file has been sealed."""
        return self.path / "recorder.state"

    @property
    def lock(self) -> Path:
        """Held by the one recorder."""
        return self.path / "recorder.lock"

    @property
    def audit(self) -> Path:
        """Who saw numbers in clear."""
        return self.path / "audit.jsonl"


@dataclass(frozen=True, slots=True)
class RawFile:
    """A raw file that was opened for a site."""

    descriptor: int
    """Opened with O_APPEND, not inherited by itself: to be standard error of Kamailio."""
    key: str
    """Proof that record lines carry in `k`; empty when the file was made without one."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What the first line of a raw file says."""

    first_line: bytes
    key: str
    start: int
    """Offset of the first line that may be a record."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Everything of `writer` before `offset` has been sealed."""

    raw: str
    """Name of the raw file."""
    writer: str
    """Whose sequence numbers these are; the raw file's name unless it had to begin anew."""
    number: int
    """Number of the newest segment; 0 when there was none."""
    last: int
    """Sequence of the last sealed record."""
    offset: int
    """In the raw file; the beginning of a line."""
    seal: str = ""
    """SHA-256 that segment `number` ends with; empty when there is none, or it is not known."""


def prepare_folder(path: Path, *, site: str, now_us: int, with_key: bool = True) -> RawFile:
    """
    Make the records folder if need be and open its raw file for a site that starts.

    A raw file that exists is continued, with the key that it has.

    Raises: OSError.
    """
    folder = Folder(path)
    path.mkdir(mode=MODE_FOLDER, parents=True, exist_ok=True)
    folder.segments.mkdir(mode=MODE_FOLDER, exist_ok=True)
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    handle = os.open(folder.raw, flags, MODE_FILE)
    os.fchmod(handle, MODE_FILE)
    if os.fstat(handle).st_size == 0:
        fields: dict[str, str | int] = {"t": now_us, "site": site}
        fields["id"] = secrets.token_hex(WRITER_DIGITS // 2)
        if with_key:
            fields["key"] = secrets.token_hex(WRITER_DIGITS // 2)
        os.write(handle, render_line("raw", fields).encode("ascii"))
    known = identify(handle)
    return RawFile(handle, known.key if known is not None else "")


def identify(raw: int) -> Identity | None:
    """Read the first line of an open raw file; None as long as it is not whole."""
    head = os.pread(raw, HEAD_BYTES, 0)
    line, end, _ = head.partition(b"\n")
    if not end:
        if len(head) < HEAD_BYTES:
            return None
        line = head
    record = parse_line(line)
    if record is None or record.kind != "raw":
        return Identity(line, "", 0)
    return Identity(line, record.get("key"), len(line) + 1)


def hash_line(first_line: bytes, since: str = "") -> str:
    """Name a raw file by its first line; `since` tells apart what begins anew within one file."""
    seed = first_line + since.encode("ascii")
    return hashlib.sha256(seed).hexdigest()[:WRITER_DIGITS]


def choose_start(raw: int, identity: Identity, known: Checkpoint | None) -> Checkpoint:
    """
    Say from where this raw file has to be read, as every recorder and reader would.

    Args:
        raw: the open raw file.
        known: what the newest segment or the state says, of whatever raw file; None: nothing.
    """
    name = hash_line(identity.first_line)
    number, seal = (0, "") if known is None else (known.number, known.seal)
    size = os.fstat(raw).st_size
    if known is not None and known.raw == name:
        if known.offset <= size:
            return known
        # Shorter than what was sealed of it: cut by force. What is there has been sealed.
        writer = hash_line(identity.first_line, f"{known.writer}#{known.offset}")
        return Checkpoint(name, writer, number, 0, size, seal)
    first_data = _find_data(raw, HEAD_BYTES, size)
    if first_data > HEAD_BYTES:
        # Freed, and nobody knows up to where it was sealed: no number may be used again.
        writer = hash_line(identity.first_line, f"#{first_data}")
        return Checkpoint(name, writer, number, 0, first_data, seal)
    return Checkpoint(name, name, number, 0, identity.start, seal)


def _find_data(raw: int, offset: int, size: int) -> int:
    """Return the first offset at or behind `offset` that has blocks; `size` when none has."""
    if size <= offset:
        return offset
    try:
        return os.lseek(raw, offset, os.SEEK_DATA)
    except OSError as error:
        if error.errno == errno.ENXIO:
            return size
        raise


def render_state(state: Checkpoint) -> bytes:
    """Render the state file: one line with a check sum over itself."""
    names = f"raw={state.raw} writer={state.writer} number={state.number}"
    body = f"R1 state t=0 {names} last={state.last} offset={state.offset}".encode("ascii")
    body += f" seal={state.seal}".encode("ascii")
    return body + b" check=%d\n" % zlib.crc32(body)


def load_state(path: Path) -> Checkpoint | None:
    """Read the state file; None when it is missing, cut short or altered."""
    content = b""
    with contextlib.suppress(OSError), os.fdopen(open_regular(path), "rb") as file:
        content = file.read(STATE_BYTES_MAX)
    body, _, check = content.rpartition(b" check=")
    if not check.endswith(b"\n") or check.strip() != b"%d" % zlib.crc32(body):
        return None
    record = parse_piece(body)
    numbers = [record.get(name) for name in ("number", "last", "offset")]
    if record.kind != "state" or not all(map(_is_number, numbers)):
        return None
    number, last, offset = (int(text) for text in numbers)
    raw, writer, seal = (record.get(name) for name in ("raw", "writer", "seal"))
    return Checkpoint(raw, writer, number, last, offset, seal)


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) <= NUMBER_DIGITS_MAX


assert HEAD_BYTES >= LINE_BYTES_MAX, "the first line stays readable"
