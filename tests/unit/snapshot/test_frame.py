import mmap
import struct

import pytest
from tests.support.snapshots import list_entries, seal, small_content, small_trust

from route112.snapshot import layout
from route112.snapshot.errors import SnapshotError
from route112.snapshot.frame import Buffer, open_frame
from route112.snapshot.writer import write_snapshot

GOOD = write_snapshot(small_content())


def put(content: bytes, position: int, notation: str, value: int) -> bytes:
    changed = bytearray(content)
    struct.pack_into(notation, changed, position, value)
    return bytes(changed)


def refuse(content: Buffer) -> SnapshotError:
    with pytest.raises(SnapshotError) as caught:
        open_frame(content)
    return caught.value


def test_any_buffer_will_do(tmp_path):
    path = tmp_path / "plan.r112"
    path.write_bytes(GOOD)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        headers = [
            open_frame(buffer).header for buffer in (GOOD, bytearray(GOOD), memoryview(GOOD))
        ]
        headers.append(open_frame(mapped).header)
    assert len({header.content_hash for header in headers}) == 1


def test_counts_of_sections_and_of_string_tables():
    frame = open_frame(GOOD)
    assert frame.count("communes") == 6
    assert frame.count("strings") == frame.count("string_offsets") - 1
    assert frame.count("order_strings") == frame.count("order_string_offsets") - 1


def test_columns_leave_raw_bytes_out():
    assert set(open_frame(GOOD).columns("sources")) == {"file", "sheet"}


def test_a_header_packs_to_the_bytes_that_it_was_read_from():
    assert open_frame(GOOD).header.pack() == GOOD[:192]


@pytest.mark.parametrize(
    ("content", "reason", "message"),
    [
        (b"", "truncated", "the file ends after 0 bytes"),
        (GOOD[:191], "truncated", "the file ends after 191 bytes"),
        (GOOD[:-1], "truncated", f"the file has {len(GOOD) - 1} of {len(GOOD)} bytes"),
        (GOOD + b"x", "altered", "1 bytes follow the end of the snapshot"),
        (b"%PDF-1.7", "not-a-snapshot", "the file does not begin as a snapshot does"),
        (
            put(GOOD, 8, "<I", 3),
            "future-format",
            "the file has format 3.0; this program reads up to 1.x: upgrade it first",
        ),
        (put(GOOD, 72, "<I", 0), "altered", None),
        (put(GOOD, 48, "<Q", 193), "altered", "the header contradicts itself"),
    ],
)
def test_what_a_person_reads(content, reason, message):
    error = refuse(content)
    assert error.reason_code == reason
    assert message is None or error.message == message


def test_a_file_above_the_limit_is_refused_before_it_is_hashed():
    size = layout.TOTAL_SIZE_MAX + 8
    header = put(put(GOOD, 16, "<Q", size), 64, "<Q", size - 128)[:192]
    grown = mmap.mmap(-1, size)
    grown[:192] = header
    assert refuse(grown).message == "the header contradicts itself"


def test_a_layer_has_a_limited_number_of_sections():
    assert refuse(put(GOOD, 76, "<I", layout.SECTIONS_MAX + 1)).reason_code == "altered"


@pytest.mark.parametrize("name", layout.SECTIONS)
def test_each_section_has_a_limited_number_of_records(name):
    section = layout.SECTIONS[name]
    place, *_ = list_entries(GOOD)[section.id]
    above = refuse(seal(put(GOOD, place + 16, "<Q", section.count_max + 1)))
    assert above.reason_code == "malformed"
    assert above.message == (
        f"{name} has {section.count_max + 1} records; at most {section.count_max} are allowed"
    )


def test_missing_sections_are_named():
    assert (
        "sections are missing: order_string_offsets"
        in refuse(seal(put(GOOD, 76, "<I", 0))).message
    )


@pytest.mark.parametrize("position", [-128, -116, -104, -96, -64, -1])
def test_an_empty_signature_block_is_empty_throughout(position):
    changed = bytearray(GOOD)
    changed[position] ^= 0xFF
    error = refuse(changed)
    assert (error.reason_code, error.message) == ("altered", "the signature block is damaged")


def test_an_unknown_algorithm_is_damage():
    assert refuse(put(GOOD, len(GOOD) - 120, "<I", 2)).message == "the signature block is damaged"


def test_a_signature_is_read_and_not_judged():
    content = put(GOOD, len(GOOD) - 120, "<I", 1)
    signature = open_frame(content).signature
    assert signature is not None
    assert (signature.key_id, signature.algorithm) == ("0" * 16, "ed25519")
    assert signature.value == b"\0" * 64
    assert small_trust().find_key(signature.key_id) is None
