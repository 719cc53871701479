"""What the two hooks are told."""

import asyncio
import json

from route112.adapters.kamailio_rpc import RpcError
from route112.apps.fault import hooks


def told(run, id_):
    path = run.run_dir / id_ / "exercise.json"
    return json.loads(path.read_text()) if path.exists() else None


def test_python_is_told_what_is_in_force_and_no_more(run):
    first = run.faults.inject("python-raise", ["site-1"], {"caller": "+33639980001"})
    second = run.faults.inject("python-hang", ["site-1"], {"hard": "yes"})
    assert told(run, "site-1") == [["raise", "+33639980001"], ["hang-hard", ""]]
    assert told(run, "site-2") is None
    run.faults.clear(first)
    assert told(run, "site-1") == [["hang-hard", ""]]
    run.faults.clear(second)
    assert told(run, "site-1") is None


def test_the_row_of_calls_that_come_to_nothing(run, monkeypatch):
    asked = []

    async def ask(path, *words):
        asked.append((path.parent.name, *words))
        raise RpcError("nobody there")

    monkeypatch.setattr(hooks, "ask_kamailio", ask)
    fault = run.faults._make("grey", ["site-1"], {"share": 0.25}, 0.0)
    assert hooks.step_grey(run.ground, fault) == hooks.STEP_SECONDS
    hooks.end_grey(run.ground, fault)
    assert asked == [
        ("site-1", "htable.sets", "exercise", "grey", "trying|256"),
        ("site-1", "htable.delete", "exercise", "grey"),
    ]


def test_a_question_may_be_asked_where_a_loop_runs():
    async def answer():
        return 7

    async def outside():
        return hooks.wait_for(answer())

    assert asyncio.run(outside()) == 7
