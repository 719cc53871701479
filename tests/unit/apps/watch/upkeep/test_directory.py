import os

import pytest
from tests.support.confirmed import write_sources

from route112.apps.watch.upkeep.directory import Directory

NOW_US = 1_795_000_000_000_000


def test_confirmations_of_a_source_folder_are_read_again_when_they_change(tmp_path):
    write_sources(tmp_path, contact="2025-01-01", alternative="")
    directory = Directory(tmp_path, now=lambda: NOW_US, complain=pytest.fail)
    assert directory.is_readable()
    assert [each.said for each in directory.list_expiries()] == [
        "contact of CRRA15-29 (desk): last confirmed on 2025-01-01, which counts for 183 days",
        "alternative number of CRRA15-29 (+33261910099): nobody ever confirmed it",
    ]
    write_sources(tmp_path)
    assert directory.list_expiries() == ()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("profile.yaml", "country: ["),
        ("psaps.csv", "id,primary\n"),
        ("operators/bruyere.yaml", "id: ["),
    ],
)
def test_sources_that_cannot_be_read_change_nothing(tmp_path, name, content):
    write_sources(tmp_path, contact="2025-01-01")
    said = []
    directory = Directory(tmp_path, now=lambda: NOW_US, complain=said.append)
    before = directory.list_expiries()
    (tmp_path / name).write_text(content)
    os.utime(tmp_path / name, (1, 1))
    assert directory.list_expiries() == before
    assert len(said) == 1
    assert str(tmp_path) in said[0]
    assert not Directory(tmp_path, now=lambda: NOW_US, complain=said.append).is_readable()


def test_where_nothing_was_ever_read_nothing_is_due(tmp_path):
    empty = Directory(tmp_path / "none", now=lambda: NOW_US, complain=print)
    assert empty.list_expiries() == ()
