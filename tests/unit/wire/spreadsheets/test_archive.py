import io
import zipfile

import pytest
from tests.support.workbooks import make_ods, make_xlsx, make_zip

from route112.wire.spreadsheets import archive
from route112.wire.spreadsheets.archive import open_archive, pack_archive
from route112.wire.spreadsheets.refusal import TableError

BROKEN = (
    "error: a.ods: the workbook is damaged or protected by a password and cannot be opened."
    " Open it in LibreOffice or Excel, remove the password if there is one, and save it again."
)


def refusal(content):
    with pytest.raises(TableError) as caught:
        open_archive(content, file="a.ods")
    return str(caught.value.problem)


def test_only_what_cells_come_from_is_inflated():
    members = open_archive(
        make_zip({"mimetype": "m", "content.xml": "c", "Pictures/a.png": "p", "styles.xml": "s"}),
        file="a.ods",
    )
    assert members == {"mimetype": b"m", "content.xml": b"c"}
    assert "xl/worksheets/sheet1.xml" in open_archive(make_xlsx({"S": [["a"]]}), file="a.xlsx")
    assert "xl/theme/theme1.xml" not in open_archive(make_xlsx({"S": [["a"]]}), file="a.xlsx")


def test_damaged_archives():
    sound = make_ods({"S": [["a"]]})
    for content in (b"", b"PK\x03\x04", sound[:200], sound[:-30]):
        assert refusal(content) == BROKEN
    at = sound.index(b"content.xml") + len("content.xml")
    assert refusal(sound[: at + 4] + b"\xff\xff\xff" + sound[at + 7 :]) == BROKEN


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_is_there_twice():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as twice:
        twice.writestr("content.xml", "a")
        twice.writestr("content.xml", "b")
    assert refusal(buffer.getvalue()) == BROKEN


def test_an_encrypted_member_and_an_unknown_compression():
    sound = bytearray(make_zip({"content.xml": "c"}))
    at = sound.index(b"PK\x01\x02")
    encrypted = bytearray(sound)
    encrypted[at + 8] |= 1
    assert refusal(bytes(encrypted)) == BROKEN
    sound[at + 10] = 99
    assert refusal(bytes(sound)) == BROKEN


def test_a_zip_bomb_stops_at_the_limit(monkeypatch):
    monkeypatch.setattr(archive, "UNPACKED_BYTES_MAX", 1 << 20)
    bomb = make_zip({"mimetype": "m", "content.xml": b"\0" * (3 << 20)})
    assert len(bomb) < 10_000
    assert refusal(bomb) == (
        "error: a.ods: the workbook unpacks to more than 1 MiB."
        " Remove everything but the table, then save it again."
    )


def test_a_crowd_of_members(monkeypatch):
    monkeypatch.setattr(archive, "MEMBERS_MAX", 2)
    assert "the workbook holds 3 files, at most 2 are read" in refusal(
        make_zip({"a": "", "b": "", "c": ""})
    )


def test_packing_keeps_nothing_but_the_members():
    packed = pack_archive({"content.xml": b"c", "mimetype": b"junk"}, is_ods=True)
    with zipfile.ZipFile(packed) as again:
        assert again.namelist() == ["mimetype", "content.xml", "META-INF/manifest.xml"]
        assert again.read("content.xml") == b"c"
