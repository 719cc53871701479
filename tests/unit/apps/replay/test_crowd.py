import asyncio
import itertools
from dataclasses import replace

import pytest
from tests.unit.apps.replay.test_played import SCENARIO

from route112.adapters.sip import Address
from route112.apps.ends import Callers, Psaps
from route112.apps.replay import crowd as module
from route112.apps.replay.clock import ScenarioClock
from route112.apps.replay.crowd import Crowd, OperatorEnd, clear_logs, name_callers_log, read_psaps
from route112.countries.fr.network import OPERATORS
from route112.model import Retries
from route112.simulation.arrivals import Arrival
from route112.simulation.behaviours import Behaviour
from route112.simulation.logs import PsapLine, render_line

LOOPBACK = Address("udp", "127.0.0.1", 0)
OPERATOR = OPERATORS[0]
LINE = PsapLine(call_id="a", number="+33261910015", rang_us=5)


def arrive(index, at_s=0.0):
    return Arrival(at_s=at_s, index=index, number="15", commune="29019", operator=OPERATOR.id)


def answers_after(psaps, times):
    """Let a PSAP answer from its line after `times` on."""

    class Lines(list):
        def append(self, line):
            super().append(line)
            if len(self) == times:
                psaps.behaviour = Behaviour.ANSWER

    psaps.lines = Lines()


async def play(scenario, arrivals, *, behaviour=Behaviour.ANSWER, busy_times=0, patience_s=1.0):
    """Place calls straight to a PSAP that is busy for its first `busy_times` calls."""
    placed = []
    async with Psaps(behaviour=behaviour, answer_after_s=0.0) as psaps, Callers(LOOPBACK) as calls:
        end = OperatorEnd(operator=OPERATOR, callers=calls, edges=(await psaps.listen(LOOPBACK),))
        answers_after(psaps, busy_times)
        clock = ScenarioClock(1_000.0)
        played = Crowd(scenario, {OPERATOR.id: end}, clock, patience_s=patience_s)
        running = asyncio.create_task(played.run(arrivals, on_placed=placed.append))
        await asyncio.wait_for(running, 20)
        return played, calls.lines, placed


@pytest.fixture(autouse=True)
def _short_calls(monkeypatch):
    monkeypatch.setattr(module, "HOLD_S", 0.0)


def test_each_caller_is_answered_once():
    played, lines, placed = asyncio.run(play(SCENARIO, [arrive(1), arrive(2, 100.0)]))
    assert [line.status for line in lines] == [200, 200]
    assert sorted(played.attempts) == ["1.1@bruyere", "2.1@bruyere"]
    assert (played.through, played.under_way, placed) == (2, 0, [1, 2])
    assert {line.caller for line in lines} == {"+99900000001", "+99900000002"}
    assert lines[0].commune == "29019"


def test_who_is_not_answered_dials_again_until_the_rule_ends():
    again = Retries(share=1.0, after_s=(1.0, 2.0), most=3)
    scenario = replace(SCENARIO, retries=again)
    played, lines, _ = asyncio.run(play(scenario, [arrive(7)], behaviour=Behaviour.BUSY))
    assert sorted(played.attempts) == [f"7.{tries}@bruyere" for tries in (1, 2, 3, 4)]
    assert (played.through, {line.status for line in lines}) == (0, {486})
    played, lines, _ = asyncio.run(
        play(scenario, [arrive(7)], behaviour=Behaviour.BUSY, busy_times=2)
    )
    assert (played.through, lines[-1].status) == (1, 200)
    assert len(lines) < 5


def test_patience_ends():
    played, [line], _ = asyncio.run(
        play(SCENARIO, [arrive(1)], behaviour=Behaviour.SILENT, patience_s=0.2)
    )
    assert line.status == 0
    assert "no answer within 0.2 s" in line.reason
    assert played.through == 0


def test_room_is_bounded(monkeypatch):
    monkeypatch.setattr(module, "UNDER_WAY_MAX", 1)
    played, lines, _ = asyncio.run(play(SCENARIO, [arrive(index) for index in range(5)]))
    spans = sorted((line.placed_us, line.answered_us) for line in lines)
    assert all(first[1] <= second[0] for first, second in itertools.pairwise(spans))
    assert played.late_s > 0


def write(folder):
    for name in ("psaps", "psaps-2"):
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "psaps.jsonl").write_bytes(render_line(LINE))


def test_logs_of_every_answering_point_are_read(tmp_path):
    write(tmp_path)
    assert read_psaps(tmp_path) == [LINE, LINE]


def test_an_evening_that_is_played_again_does_not_meet_the_calls_of_before(tmp_path):
    write(tmp_path)
    name_callers_log(tmp_path, "bruyere").write_bytes(b"{}")
    (tmp_path / "topology.yaml").write_text("kept")
    clear_logs(tmp_path)
    assert read_psaps(tmp_path) == []
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["topology.yaml"]
    clear_logs(tmp_path)
