from dataclasses import replace

import pytest
from tests.simulation import world
from tests.unit.apps.duty.test_software import make_tree

from route112 import __version__
from route112.adapters.kamailio_rpc import RpcError
from route112.apps.duty.draining import Drain, drain, is_drained, read_drain
from route112.apps.duty.software import OWN, Software, choose_software, read_software
from route112.apps.planner.hands import LocalHands
from route112.apps.planner.hands import local as module
from route112.apps.planner.hands.local import EXCHANGE_S
from route112.change import Step
from route112.change.deciding import Act
from route112.model import UtcTime


@pytest.fixture
def said():
    return []


@pytest.fixture
def hands(tmp_path, said):
    (tmp_path / "site-2").mkdir()
    return LocalHands(tmp_path, say=said.append, now=lambda: UtcTime(7))


def act(step, station="site-2", version=""):
    return Act(step=step, station=station, change="c" * 64, since_us=1, version=version)


def test_a_site_is_drained_once_and_comes_back(hands, tmp_path):
    for step in (Step.DRAIN, Step.DRAIN, Step.WORK, Step.TEST):
        hands.act(act(step))
    assert read_drain(tmp_path / "site-2") == Drain(
        since_us=UtcTime(7), author="planner", reason=f"change {'c' * 16}"
    )
    hands.act(act(Step.RETURN))
    hands.act(act(Step.RETURN))
    assert not is_drained(tmp_path / "site-2")


@pytest.mark.parametrize("step", [Step.OFFER, Step.PROOF, Step.GATE, Step.RESTORE])
def test_other_steps_leave_a_site_as_it_is(hands, tmp_path, step):
    hands.act(act(step))
    assert not is_drained(tmp_path / "site-2")
    hands.act(act(Step.DRAIN))
    hands.act(act(step))
    assert is_drained(tmp_path / "site-2")


def test_what_a_person_drained_he_gives_back(hands, tmp_path):
    drain(tmp_path / "site-2", Drain(since_us=UtcTime(1), author="anna", reason="works"))
    for step in (Step.DRAIN, Step.RETURN):
        hands.act(act(step))
    assert read_drain(tmp_path / "site-2").author == "anna"


def test_what_cannot_be_done_is_said_once(hands, said, tmp_path):
    for _ in range(3):
        hands.act(act(Step.DRAIN, "site-9"))
    assert said == [f"{tmp_path / 'site-9'}: drain cannot be done: No such file or directory"]
    hands.act(act(Step.DRAIN))
    hands.act(act(Step.DRAIN, "site-9"))
    assert len(said) == 2


def test_a_version_is_exchanged_and_the_one_of_before_comes_back(tmp_path, said):
    (tmp_path / "site-2").mkdir()
    tree = make_tree(tmp_path / "versions", "1.1")
    hands = LocalHands(tmp_path, versions=tmp_path / "versions", say=said.append)
    hands.act(act(Step.SWAP, version="1.1"))
    assert read_software(tmp_path / "site-2") == Software(version="1.1", tree=str(tree))
    assert is_drained(tmp_path / "site-2"), "whoever has given it back meanwhile"
    hands.act(act(Step.SWAP_BACK, version=__version__))
    assert read_software(tmp_path / "site-2") == OWN


@pytest.mark.parametrize("version", ["", "1.2", "../site-2"])
def test_a_version_that_is_not_there_is_said_and_nothing_is_exchanged(tmp_path, said, version):
    (tmp_path / "site-2").mkdir()
    for versions in (None, tmp_path / "versions"):
        hands = LocalHands(tmp_path, versions=versions, say=said.append)
        hands.act(act(Step.SWAP, version=version))
        hands.act(act(Step.SWAP, version=version))
    assert said == [
        f"there is no version {version} in any folder",
        f"there is no version {version} in {tmp_path / 'versions'}",
    ]
    assert read_software(tmp_path / "site-2") == OWN


def test_a_site_is_stopped_and_runs_again_when_it_comes_back(hands, tmp_path):
    hands.act(act(Step.STOP))
    assert read_software(tmp_path / "site-2") == Software(is_stopped=True)
    hands.act(act(Step.RETURN))
    assert read_software(tmp_path / "site-2") == OWN
    assert not is_drained(tmp_path / "site-2")


def test_an_upgraded_site_keeps_its_version_when_it_comes_back(hands, tmp_path):
    chosen = Software(version="1.1", tree="/t")
    choose_software(tmp_path / "site-2", chosen)
    hands.act(act(Step.DRAIN))
    hands.act(act(Step.RETURN))
    assert read_software(tmp_path / "site-2") == chosen


def test_an_upgraded_site_that_is_stopped_runs_its_version_again(hands, tmp_path):
    chosen = Software(version="1.1", tree="/t")
    choose_software(tmp_path / "site-2", chosen)
    hands.act(act(Step.STOP))
    assert read_software(tmp_path / "site-2") == replace(chosen, is_stopped=True)
    hands.act(act(Step.RETURN))
    assert read_software(tmp_path / "site-2") == chosen


def test_what_runs_under_a_name_is_not_exchanged_for_it(tmp_path, said):
    (tmp_path / "site-2").mkdir()
    make_tree(tmp_path / "versions", __version__)
    hands = LocalHands(tmp_path, versions=tmp_path / "versions", say=said.append)
    hands.act(act(Step.SWAP_BACK, version=__version__))
    assert read_software(tmp_path / "site-2") == OWN
    assert is_drained(tmp_path / "site-2")


@pytest.mark.parametrize("step", [Step.SWAP, Step.SWAP_BACK, Step.STOP])
def test_nothing_is_ended_while_calls_ring_there(tmp_path, said, monkeypatch, step):
    (tmp_path / "site-2").mkdir()
    make_tree(tmp_path / "versions", "1.1")
    clock, answers = [1], [2, RpcError("no answer"), TimeoutError(), 0]

    async def count(_socket):
        answer = answers.pop(0)
        if isinstance(answer, int):
            return answer
        raise answer

    monkeypatch.setattr(module, "count_ringing", count)
    hands = LocalHands(
        tmp_path, versions=tmp_path / "versions", say=said.append, now=lambda: clock[0]
    )
    for _ in range(3):
        hands.act(act(step, version="1.1"))
        assert read_software(tmp_path / "site-2") == OWN
    hands.act(act(step, version="1.1"))
    assert read_software(tmp_path / "site-2") != OWN
    choose_software(tmp_path / "site-2", OWN)
    answers[:], clock[0] = [], 1 + EXCHANGE_S * 1_000_000
    hands.act(act(step, version="1.1"))
    assert read_software(tmp_path / "site-2") != OWN, "it has waited long enough"


def test_the_hands_of_the_simulation_do_what_these_do():
    """Or no seed sees what a step does to a site that serves."""
    assert world.DRAINS == module._DRAINS
    assert world.EXCHANGE_US == module.EXCHANGE_S * module.US_PER_S
