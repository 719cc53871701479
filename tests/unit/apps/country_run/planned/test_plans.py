import pytest
from tests.support.planned import write_plan

from route112.apps.country_run.planned import own_plan, prepare_plans


@pytest.fixture
def plan(tmp_path):
    return write_plan(tmp_path / "fr.r112", generation=7)


def test_each_station_gets_a_plan_of_its_own_once(tmp_path, plan):
    own = [own_plan(tmp_path / "run" / name) for name in ("site-1", "edge-1")]
    (tmp_path / "run").mkdir()
    assert list(prepare_plans(own, plan)) == []
    assert [path.name for path in own] == ["site-1.r112", "edge-1.r112"]
    assert all(path.read_bytes() == plan.read_bytes() for path in own)
    assert list(prepare_plans(own, plan)) == []
    write_plan(own[0], generation=9)
    own[1].write_bytes(b"damaged")
    kept = list(prepare_plans(own, plan))
    assert ["site-1 keeps g9" in kept[0], "edge-1 keeps g0" in kept[1]] == [True, True]
