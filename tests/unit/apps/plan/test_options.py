import click
import pytest

from route112.apps._console import Failure, Refusal
from route112.apps.plan import options
from route112.apps.plan.options import Share, open_snapshot


@pytest.mark.parametrize(
    ("typed", "share"), [("5%", 0.05), ("5", 0.05), ("0,5 %", 0.005), ("100%", 1.0), (0.2, 0.2)]
)
def test_a_share_is_typed_as_a_percentage(typed, share):
    assert Share().convert(typed, None, None) == pytest.approx(share)


@pytest.mark.parametrize("typed", ["five", "101%", "-1", "", "5%%"])
def test_what_is_no_percentage_is_refused(typed):
    with pytest.raises(click.BadParameter, match="is no percentage; write 5% for a twentieth"):
        Share().convert(typed, None, None)


def test_a_missing_snapshot_cannot_be_opened(tmp_path):
    with pytest.raises(Failure, match=r"fr.r112 cannot be read: No such file") as caught:
        open_snapshot(tmp_path / "fr.r112")
    assert caught.value.exit_code == 2


def test_a_file_that_is_no_snapshot_is_refused_with_the_reason(tmp_path):
    path = tmp_path / "PDAAU_29.csv"
    path.write_bytes(b"insee;15\n" * 100)
    with pytest.raises(Refusal, match="is refused \\(not-a-snapshot\\)") as caught:
        open_snapshot(path)
    assert caught.value.exit_code == 1
    assert caught.value.remedy == f"For a prefecture's file use `route112 plan lint {path}`"


def test_a_file_above_every_limit_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(options, "SNAPSHOT_BYTES_MAX", 10)
    path = tmp_path / "fr.r112"
    path.write_bytes(b"x" * 11)
    with pytest.raises(Failure, match="larger than any snapshot"):
        open_snapshot(path)
