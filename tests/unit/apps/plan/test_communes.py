import pytest
from tests.support.snapshots import small_content

from route112.apps.plan.communes import read_commune
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot


@pytest.fixture(name="snapshot", scope="module")
def _snapshot():
    return Snapshot(write_snapshot(small_content()))


@pytest.mark.parametrize(
    ("text", "code"), [(" 29019 ", "29019"), ("29019.0", "29019"), ("'75056", "75056")]
)
def test_a_spelling_with_one_meaning_is_mended_and_told(snapshot, capsys, text, code):
    assert read_commune(snapshot, text) == code
    assert capsys.readouterr().err == f"commune {text!r} is read as {code}\n"


@pytest.mark.parametrize("text", ["", "29019", "99999", "Brest", "#N/A"])
def test_what_needs_no_mending_or_has_none_stays(snapshot, capsys, text):
    assert read_commune(snapshot, text) == text
    assert capsys.readouterr().err == ""


def test_codes_of_former_communes_are_mended_too(snapshot):
    old, _ = small_content().merged[0]
    assert read_commune(snapshot, f" {old}.0") == old
