"""Looking on, against answers that were written down."""

import pytest

from route112.apps._console import Refusal
from route112.apps.commanding.client import Told
from route112.apps.commanding.following import follow_change, follow_orders


class Planner:
    """Tells one answer after the other, the last one again and again."""

    def __init__(self, **answers):
        self.answers = {f"/{name}": list(told) for name, told in answers.items()}

    def try_ask(self, _method, path, _body=None):
        told = self.answers[path]
        return told.pop(0) if len(told) > 1 else told[0]

    ask = try_ask


def station(name, *orders, age_s=0.5, is_known=True, held=""):
    own = {"id": name, "orders": list(orders), "age_s": age_s}
    return own | {"is_known": is_known, "held": held}


def state(*stations, orders=("o-1",)):
    return Told(200, {"orders": [{"id": each} for each in orders], "stations": list(stations)})


def follow(planner, **options):
    options = {"given": "o-1", "sleep": lambda _: None} | options
    follow_orders(planner, **options)


def test_an_order_is_followed_until_all_that_are_here_have_it(capsys):
    planner = Planner(
        state=[
            state(station("site-1"), station("site-2", age_s=60.0)),
            state(station("site-1", "o-1"), station("site-2", age_s=60.0)),
        ]
    )
    follow(planner)
    said = capsys.readouterr()
    assert said.out.startswith("in force at 1 of 2 stations after 0.")
    assert "away, and served as soon as they are back: site-2" in said.err


def test_one_that_is_late_is_named(capsys):
    planner = Planner(state=[state(station("site-1"), station("site-2", "o-1"))])
    follow(planner, seconds_max=0.0)
    said = capsys.readouterr()
    assert said.out.startswith("in force at 1 of 2")
    assert "not yet at site-1" in said.err


def test_a_station_that_is_held_is_named_so_and_not_waited_for(capsys):
    held = station("site-2", is_known=False, held="ahead")
    follow(Planner(state=[state(station("site-1", "o-1"), held)]), sleep=pytest.fail)
    said = capsys.readouterr()
    assert said.out.startswith("in force at 1 of 2")
    assert "held, so that no order gets there: site-2; `route112 change adopt`" in said.err
    assert "not yet" not in said.err
    assert "away" not in said.err


def test_an_order_that_went_is_a_refusal():
    planner = Planner(state=[state(station("site-1"), orders=())])
    with pytest.raises(Refusal, match="could not be worked into the plan"):
        follow(planner)


def test_withdrawn_means_nobody_has_it_any_more(capsys):
    planner = Planner(
        state=[state(station("site-1", "o-1"), orders=()), state(station("site-1"), orders=())]
    )
    follow(planner, given="", withdrawn=("o-1",))
    assert capsys.readouterr().out.startswith("in force at 1 of 1")


def test_a_station_with_something_unknown_has_not_withdrawn_anything(capsys):
    planner = Planner(state=[state(station("site-1", is_known=False), orders=())])
    follow(planner, given="", withdrawn=("o-1",), seconds_max=0.0)
    said = capsys.readouterr()
    assert said.out.startswith("in force at 0 of 1")
    assert "not yet at site-1" in said.err


def test_whoever_may_not_see_does_not_wait(capsys):
    follow(Planner(state=[Told(403, {})]))
    assert capsys.readouterr().out == ""


def change(step="gate", outcome="", **values):
    shown = {
        "id": "c" * 64, "step": step, "station": "site-1", "back": False, "cause": "",
        "frozen_since_us": 0, "outcome": outcome,
    }  # fmt: skip
    return shown | values


def changes(current=None, ended=()):
    return Told(200, {"current": current, "ended": list(ended)})


WAITING = Told(200, {"waiting": [{"hash": "c" * 64}]})


def watch(planner, seconds_max=60.0):
    return follow_change(planner, "c" * 64, seconds_max=seconds_max, sleep=lambda _: None)


def test_a_change_is_followed_step_by_step(capsys):
    planner = Planner(
        changes=[
            changes(),
            changes(change("offer")),
            changes(change("offer")),
            changes(change("gate", frozen_since_us=5)),
            changes(change("restore", back=True, cause="callers fail")),
            changes(ended=[change("restore", "rolled-back", cause="callers fail")]),
        ],
        waiting=[WAITING],
    )
    assert watch(planner) == "rolled-back"
    said = [line.split(" s  ")[1] for line in capsys.readouterr().out.splitlines()]
    assert said == [
        "offer at site-1",
        "gate at site-1, frozen by an alarm",
        "goes back, restore at site-1: callers fail",
        "rolled-back: callers fail",
    ]


def test_one_that_nobody_approved_is_a_refusal():
    planner = Planner(changes=[changes()], waiting=[Told(200, {"waiting": []})])
    with pytest.raises(Refusal, match="nobody approved it in time"):
        watch(planner)


def test_one_that_was_approved_meanwhile_is_none():
    nobody = Told(200, {"waiting": []})
    planner = Planner(
        changes=[changes(), changes(change()), changes(ended=[change(outcome="done")])],
        waiting=[nobody],
    )
    assert watch(planner) == "done"


def test_there_is_an_end_to_looking_on(capsys):
    assert watch(Planner(changes=[changes(change())]), seconds_max=0.0) == ""
    assert "not followed any longer" in capsys.readouterr().err
