import pytest
from tests.support.snapshots import find_field, list_entries, seal, small_content
from tests.vectors.snapshot.make import FOLDER

from route112.redirect.octets import RefusedError, open_octets
from route112.snapshot.writer import write_snapshot

GOOD = write_snapshot(small_content())
UNREADABLE = sorted(
    path
    for path in (FOLDER / "bad").glob("*.r112")
    if not path.stem.startswith(
        ("unsigned", "unknown-key", "revoked", "expired", "bad-sig", "moved-sig", "lent", "older", "same")
    )
)  # fmt: skip


def test_a_good_file_is_opened():
    octets = open_octets(GOOD)
    assert octets.generation == 42
    assert octets.algorithm == 0
    assert octets.strings[octets.tables["meta"][0][0]] == "fr"
    assert list(octets.tables["national"]) == [3, 1, 5, 5]


@pytest.mark.parametrize("path", UNREADABLE, ids=lambda path: path.stem)
def test_every_bad_vector_is_refused(path):
    with pytest.raises(RefusedError):
        open_octets(path.read_bytes())


@pytest.mark.parametrize("name", ["signed", "other-orders", "newer-minor-format", "smallest"])
def test_every_good_vector_is_opened(name):
    assert open_octets((FOLDER / "good" / f"{name}.r112").read_bytes()).generation >= 42


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is no snapshot"),
        (GOOD[:100], "it ends after 100 bytes"),
        (GOOD[:-1], f"it has {len(GOOD) - 1} of {len(GOOD)} bytes"),
        (GOOD[:300] + b"x" + GOOD[301:], "its plan was altered"),
        (GOOD[:24] + b"+" + GOOD[25:], "its content was altered"),
    ],
)
def test_the_reason_is_said(content, message):
    with pytest.raises(RefusedError) as refused:
        open_octets(content)
    assert str(refused.value) == message


def test_every_reference_that_leads_nowhere_is_named():
    for path in ("operators.dialect_count", "lines.trunk", "dialect_rules.place", "orders.kind"):
        changed = bytearray(GOOD)
        position, _ = find_field(changed, path, 0)
        changed[position : position + 4] = b"\xff\xff\xff\x00"
        with pytest.raises(RefusedError, match=path.split(".")[0]):
            open_octets(seal(changed))


def test_every_section_of_the_norm_is_known():
    assert set(list_entries(GOOD)) == {*range(1, 35), *range(64, 68)}
