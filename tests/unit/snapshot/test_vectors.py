from pathlib import Path

import pytest
from tests.support.snapshots import NOW, small_content
from tests.vectors.snapshot.make import FOLDER, list_files, list_vectors

from route112.snapshot.keys import Accepted, Refused, choose
from route112.snapshot.reader import Snapshot
from route112.snapshot.trust import parse_trust
from route112.snapshot.writer import write_snapshot

VECTORS = {name: reason for name, reason, _, _ in list_vectors()}
TRUST = parse_trust((FOLDER / "trust.json").read_bytes())
IN_FORCE = Snapshot((FOLDER / "good" / "signed.r112").read_bytes())


def read_vector(name: str) -> bytes:
    return (FOLDER / f"{name}.r112").read_bytes()


def test_the_files_in_the_tree_are_the_ones_that_the_reviewed_text_makes():
    files = list_files()
    assert {str(path.relative_to(FOLDER)) for path in FOLDER.glob("*/*.r112")} == {
        name for name in files if name.endswith(".r112")
    }
    for name, content in files.items():
        assert Path(FOLDER / name).read_bytes() == content, f"run make.py: {name} differs"


@pytest.mark.parametrize("name", VECTORS)
def test_a_site_takes_the_good_ones_and_keeps_its_own_otherwise(name):
    answer = choose(IN_FORCE, read_vector(name), TRUST, now=NOW)
    if VECTORS[name] == "accepted":
        assert isinstance(answer, Accepted)
    else:
        assert isinstance(answer, Refused)
        assert answer.reason == VECTORS[name], answer.message
        assert answer.message


def test_orders_leave_the_plan_hash_alone():
    other = Snapshot(read_vector("good/other-orders"))
    assert other.plan_hash == IN_FORCE.plan_hash
    assert other.content_hash != IN_FORCE.content_hash
    assert other.parent == IN_FORCE.content_hash
    assert other.orders == ()


def test_a_newer_minor_format_is_read_without_what_it_adds():
    newer = Snapshot(read_vector("good/newer-minor-format"))
    assert newer.format == (1, 1)
    assert newer.psap(2) == small_content().psaps[2]


def test_signing_changes_the_signature_block_only():
    unsigned = write_snapshot(small_content())
    for name in ("good/signed", "good/signed-by-reserve-key"):
        assert read_vector(name)[:-128] == unsigned[:-128]
