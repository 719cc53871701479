import pytest
from tests.unit.wire.documents.test_scenario_time import VALUE

from route112.apps.scenario_time import (
    FILE,
    find_scenario_time,
    remove_scenario_time,
    write_scenario_time,
)


def test_every_members_folder_is_on_the_time_of_its_run(tmp_path):
    records = tmp_path / "site-1" / "records"
    records.mkdir(parents=True)
    assert find_scenario_time(records) is None
    write_scenario_time(tmp_path, VALUE)
    assert find_scenario_time(records) == find_scenario_time(tmp_path) == VALUE
    remove_scenario_time(tmp_path)
    remove_scenario_time(tmp_path)
    assert find_scenario_time(records) is None


def test_a_folder_far_below_is_on_its_own_time(tmp_path):
    deep = tmp_path / "a" / "b" / "c" / "d"
    deep.mkdir(parents=True)
    write_scenario_time(tmp_path, VALUE)
    assert find_scenario_time(deep) is None


def test_a_damaged_file_is_no_real_time(tmp_path):
    (tmp_path / FILE).write_text("{}")
    with pytest.raises(ValueError, match="no scenario time"):
        find_scenario_time(tmp_path)


def test_folders_around_may_be_left_out(tmp_path):
    write_scenario_time(tmp_path, VALUE)
    assert find_scenario_time(tmp_path / "country", levels=0) is None
    assert find_scenario_time(tmp_path, levels=0) == VALUE
