import socket

import pytest
from tests.support.planned import write_plan

from route112.apps.country_run.planned import (
    SOCKET,
    PlannerOptions,
    is_listening,
    list_planner_words,
    list_receiver_words,
    own_plan,
    prepare_plans,
)


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


def test_what_they_are_started_with(tmp_path):
    words = list_planner_words(
        tmp_path, PlannerOptions(profile=tmp_path / "p", key=tmp_path / "k")
    )
    assert words[-2:] == ("--sign-key", str(tmp_path / "k"))
    assert "--sign-key" not in list_planner_words(tmp_path, PlannerOptions(profile=tmp_path / "p"))
    words = list_receiver_words(tmp_path / "site-1")
    assert words[words.index("--planner") + 1] == f"unix:{tmp_path}/planner/socket"
    assert words[words.index("--into") + 1] == f"{tmp_path}/plans/site-1.r112"


def test_a_planner_is_there_while_it_takes_connections(tmp_path):
    assert not is_listening(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / SOCKET))
        assert not is_listening(tmp_path)
        listening.listen()
        assert is_listening(tmp_path)
