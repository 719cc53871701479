import asyncio
import sys
from dataclasses import replace

import msgspec
import pytest
from tests.unit.apps.replay.test_played import SCENARIO
from tests.unit.apps.replay.test_verdicts import GROUND, OPERATOR

from route112.apps.country_run.state import Entry, UpState, own_process, write_state
from route112.apps.ends.whereabouts import Whereabouts
from route112.apps.replay import stage
from route112.apps.replay.stage import (
    Cast,
    StageError,
    find_client,
    list_answering,
    open_callers,
    put_up,
    run_command,
    run_together,
    write_topology,
)
from route112.countries.fr.sites import TOPOLOGY
from route112.model import Wiring
from route112.wire.topology import parse_topology

BARE = Wiring(name="as-2021", tries_max=1, breakers=False, direct=False)


@pytest.fixture
def cast(tmp_path):
    return Cast(
        scenario=replace(SCENARIO, operators=((OPERATOR.id, 1.0),)),
        topology=TOPOLOGY,
        plan=tmp_path / "fr.r112",
        trust=tmp_path / "trust.json",
        ground=GROUND,
        operators={OPERATOR.id: OPERATOR},
        calls=6_000,
        rate=150.0,
    )


def test_the_evening_is_as_much_faster_as_the_rate_wants(cast):
    assert cast.compression == 90.0


def test_each_play_has_its_wiring(cast, tmp_path):
    path = write_topology(cast, BARE, tmp_path / "as-2021")
    topology, problems = parse_topology(path.read_bytes(), file="topology.yaml")
    assert problems == ()
    assert topology.wiring == BARE
    assert topology.sites == TOPOLOGY.sites


def test_callers_have_an_address_of_their_network_and_know_its_edges(cast, tmp_path):
    async def look():
        async with open_callers(cast, tmp_path) as ends:
            [end] = ends.values()
            return end.callers.local.host, [edge.place for edge in end.edges]

    host, edges = asyncio.run(look())
    node = TOPOLOGY.find_operator(OPERATOR.id)
    assert (tmp_path / f"callers-{OPERATOR.id}.jsonl").exists()
    assert host == find_client(node.clients[0])
    assert edges == [edge.address for edge in node.edges]
    lonely = replace(cast, scenario=replace(cast.scenario, operators=(("nobody", 1.0),)))

    async def fail():
        async with open_callers(lonely):
            raise AssertionError("never reached")

    with pytest.raises(StageError, match="nobody has no edge"):
        asyncio.run(fail())


def test_callers_say_where_they_are_as_their_network_does(cast):
    said = Whereabouts({"29019": "208-01-1-1"})
    telling = replace(cast, ground=replace(GROUND, whereabouts={OPERATOR.id: said}))

    async def look():
        async with open_callers(telling) as ends:
            return ends[OPERATOR.id].whereabouts

    assert asyncio.run(look()) is said


def test_a_command_that_fails_says_what_it_said(monkeypatch):
    script = "import sys, time; print(sys.argv[1]); time.sleep(float(sys.argv[2])); sys.exit({})"
    monkeypatch.setattr(stage, "COMMAND", (sys.executable, "-c", script.format(1)))
    with pytest.raises(StageError, match=r"`route112 up` failed:\nup"):
        asyncio.run(run_command("up", "0", seconds=10))
    with pytest.raises(StageError, match=r"`route112 up` took more than 0.2 s"):
        asyncio.run(run_command("up", "30", seconds=0.2))
    monkeypatch.setattr(stage, "COMMAND", (sys.executable, "-c", script.format(0)))
    asyncio.run(run_command("up", "0", seconds=10))


def test_what_runs_together_ends_together():
    seen = []

    async def work(name, *, fails=False):
        await asyncio.sleep(0.01)
        seen.append(name)
        if fails:
            raise StageError(name)

    async def last():
        try:
            await asyncio.sleep(60)
        finally:
            seen.append("over")

    asyncio.run(run_together(work("a"), work("b"), beside=[last()]))
    assert (seen[:2], seen[2:]) == (["a", "b"], ["over"])
    with pytest.raises(StageError, match="bad"):
        asyncio.run(run_together(last(), work("bad", fails=True), beside=[last()]))
    assert seen.count("over") == 3


def test_only_played_answering_points_answer(tmp_path):
    assert list_answering(tmp_path) == []
    entry = Entry(
        id="psaps", kind="psaps", address="127.0.4.1:5060", folder="x", leader=own_process(),
        started_us=1, restarts=0, kamailio_restarts=0, last_end="",
    )  # fmt: skip
    site = msgspec.structs.replace(entry, id="site-1", kind="site")
    state = UpState(
        name="x", topology="t", plan="p", exercise=True, up=own_process(), is_ready=True,
        began_us=1, members=(site, entry),
    )  # fmt: skip
    write_state(tmp_path, state)
    assert list_answering(tmp_path) == [entry]


NOTING = """
import os, sys, time
time.sleep(0.3)
with open(sys.argv[1], "a") as file:
    print(sys.argv[2], os.getsid(0) == os.getpid(), file=file)
sys.exit(sys.argv[2] in sys.argv[1])
"""


@pytest.mark.parametrize(
    ("after_s", "name", "said"),
    [
        (0.1, "noted", ["up True", "down True"]),
        (0.7, "noted", ["up True", "down True"]),
        (0.1, "up-fails", ["up True"]),
    ],
)
def test_whoever_ends_a_play_finds_its_country_taken_down(
    cast, tmp_path, monkeypatch, after_s, name, said
):
    noted = tmp_path / name
    monkeypatch.setattr(stage, "COMMAND", (sys.executable, "-c", NOTING, str(noted)))

    async def play():
        async with put_up(cast, tmp_path / "topology.yaml", tmp_path):
            await asyncio.sleep(30)

    async def end():
        task = asyncio.ensure_future(play())
        await asyncio.sleep(after_s)
        task.cancel()
        await asyncio.wait([task])
        return task

    task = asyncio.run(end())
    assert noted.read_text().splitlines() == said
    if name == "noted":
        assert task.cancelled()
    else:
        assert isinstance(task.exception(), StageError), "another one's country is left alone"
