"""The zip around a workbook: opened with suspicion, and written anew without the rest."""

import io
import zipfile
import zlib
from typing import IO, Mapping

from route112.wire.spreadsheets.refusal import (
    MEMBERS_MAX,
    UNPACKED_BYTES_MAX,
    refuse,
    refuse_size,
)

ODS_TYPE = b"application/vnd.oasis.opendocument.spreadsheet"
_CHUNK = 1 << 16
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)
_MANIFEST = (
    b'<?xml version="1.0"?><manifest:manifest xmlns:manifest='
    b'"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
)
_XLSX_SKIPPED = (
    "xl/theme", "xl/drawings", "xl/charts", "xl/pivot", "xl/tables", "xl/comments", "xl/media",
    "xl/externalLinks", "xl/printerSettings", "xl/persons", "xl/threadedComments", "xl/ctrlProps",
)  # fmt: skip


def open_archive(content: bytes, *, file: str) -> dict[str, bytes]:
    """
    Inflate the members of a workbook that its cells come from.

    Returns: name to bytes; `mimetype` and `content.xml` of an ODS, the XML below `xl/` of an
    XLSX. Raises: TableError for anything that is not such an archive, or passes a limit.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _inflate(archive, file=file)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
        raise _broken(file) from error
    except (RuntimeError, OverflowError, IndexError) as error:
        # Encryption, a compression method or a zip feature that spreadsheets do not use.
        raise _broken(file) from error


def _inflate(archive: zipfile.ZipFile, *, file: str) -> dict[str, bytes]:
    entries = archive.infolist()
    if len(entries) > MEMBERS_MAX:
        raise refuse_size(
            f"the workbook holds {len(entries):,} files, at most {MEMBERS_MAX:,} are read",
            file=file,
        )
    members: dict[str, bytes] = {}
    room = UNPACKED_BYTES_MAX
    for entry in entries:
        if not _is_wanted(entry.filename):
            continue
        if entry.filename in members or entry.flag_bits & 0x1:
            raise _broken(file)
        with archive.open(entry) as member:
            members[entry.filename] = _read_within(member, room, file=file)
        room -= len(members[entry.filename])
    return members


def _is_wanted(name: str) -> bool:
    if name in ("mimetype", "content.xml", "META-INF/manifest.xml"):
        return True
    if name in ("[Content_Types].xml", "_rels/.rels"):
        return True
    return (
        name.startswith("xl/")
        and name.endswith((".xml", ".rels"))
        and not name.startswith(_XLSX_SKIPPED)
    )


def _read_within(member: IO[bytes], room: int, *, file: str) -> bytes:
    # The size in the archive's directory is a claim; only what comes out counts.
    parts: list[bytes] = []
    while part := member.read(_CHUNK):
        room -= len(part)
        if room < 0:
            raise refuse_size(
                f"the workbook unpacks to more than {UNPACKED_BYTES_MAX // 2**20} MiB", file=file
            )
        parts.append(part)
    return b"".join(parts)


def pack_archive(members: Mapping[str, bytes], *, is_ods: bool) -> io.BytesIO:
    """Write an uncompressed archive of exactly these members, and what a reader expects."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        if is_ods:
            members = {
                "mimetype": ODS_TYPE,
                "content.xml": members["content.xml"],
                "META-INF/manifest.xml": _MANIFEST,
            }
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, _FIXED_TIME), content)
    packed.seek(0)
    return packed


def _broken(file: str) -> Exception:
    return refuse(
        "broken-workbook",
        "the workbook is damaged or protected by a password and cannot be opened",
        "Open it in LibreOffice or Excel, remove the password if there is one, and save it again",
        file=file,
    )
