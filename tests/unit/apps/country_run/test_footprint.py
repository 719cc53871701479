import os
from pathlib import Path

from route112.apps.country_run import footprint
from route112.apps.country_run.footprint import Footprint, measure_sessions


def test_processes_and_memory_of_a_session():
    own = os.getsid(0)
    found = measure_sessions([own])
    assert list(found) == [own]
    assert found[own].processes >= 1
    assert found[own].pss_kb > 1_000


def test_a_session_without_a_process_takes_nothing():
    assert measure_sessions([2**22 + 1]) == {2**22 + 1: Footprint()}


def test_footprints_add_up():
    assert Footprint(1, 10) + Footprint(2, 5) == Footprint(3, 15)


def test_what_is_gone_or_somebody_elses_counts_nothing(tmp_path):
    assert footprint.find_family(tmp_path) == (-1, -1)
    assert footprint._read_pss(tmp_path) == 0
    (tmp_path / "stat").write_text("1 (a b) Z 0 0 77 0")
    assert footprint.find_family(tmp_path) == (-1, -1)
    (tmp_path / "stat").write_text("1 (a) b) S 0 0 77 0")
    assert footprint.find_family(Path(tmp_path)) == (0, 77)
