"""Looks on until something is in force, or has ended; what it cannot see it does not wait for."""

import sys
import time
from collections.abc import Callable
from typing import Any

import click

from route112.apps._console import EXIT_REFUSED, fail
from route112.apps.commanding.client import Planner, Told
from route112.apps.commanding.telling import WAITS
from route112.apps.commanding.times import parse_span_s, show_span

LOOK_S = 0.5
"""Between two looks at an order."""
ORDER_S = 10.0
"""So long an order is followed; it is in force everywhere within 5 s where nothing is wrong."""
CHANGE_LOOK_S = 1.0
CHANGE_S = 86_400.0
"""So long a change is followed on a terminal, unless told."""
FINE = 200
AWAY_S = 5.0
"""A station that was not heard of for so long is away."""


def follow_orders(
    planner: Planner,
    *,
    given: str = "",
    withdrawn: tuple[str, ...] = (),
    seconds_max: float = ORDER_S,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Say where an order is in force, or is no more, as far as the planner may tell you."""
    begun = time.monotonic()
    while True:
        told = planner.try_ask("GET", "/state")
        if told.status != FINE:
            return
        state = told.json
        if given and all(each["id"] != given for each in state["orders"]):
            fail(
                f"order {given} could not be worked into the plan in force, and is not given",
                "Does it name answering points of the plan? The planner's log says what is wrong",
                code=EXIT_REFUSED,
            )
        here = [each for each in state["stations"] if 0 <= each["age_s"] < AWAY_S]
        here = [each for each in here if not each["held"]]
        done = [
            each
            for each in here
            if each["is_known"]
            and (not given or given in each["orders"])
            and not set(withdrawn) & set(each["orders"])
        ]
        seconds = time.monotonic() - begun
        if len(done) == len(here) or seconds >= seconds_max:
            _say_where(state["stations"], here, done, seconds=seconds)
            return
        sleep(LOOK_S)


def _say_where(
    stations: list[dict[str, Any]],
    here: list[dict[str, Any]],
    done: list[dict[str, Any]],
    *,
    seconds: float,
) -> None:
    click.echo(f"in force at {len(done)} of {len(stations)} stations after {seconds:.1f} s")
    late = [each["id"] for each in here if each not in done]
    held = [each["id"] for each in stations if each["held"]]
    away = [each["id"] for each in stations if each not in here and not each["held"]]
    if late:
        click.echo(f"  not yet at {', '.join(late)}: `route112 status` shows them", err=True)
    if held:
        click.echo(
            f"  held, so that no order gets there: {', '.join(held)}; "
            "`route112 change adopt` says why",
            err=True,
        )
    if away:
        click.echo(f"  away, and served as soon as they are back: {', '.join(away)}", err=True)


def follow_change(
    planner: Planner,
    change: str,
    *,
    seconds_max: float,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Say each step of a change until it has ended; return how, empty where that was not seen."""
    begun, said = time.monotonic(), ""
    while True:
        told = planner.ask("GET", "/changes").json
        shown = _find(told, change)
        text = "" if shown is None else _describe(shown)
        if text and text != said:
            click.echo(f"  {time.monotonic() - begun:6.1f} s  {text}")
            said = text
        if shown is not None and shown["outcome"]:
            return str(shown["outcome"])
        if shown is None and not _waits(planner, change):
            fail(
                "nobody approved it in time",
                "Ask again, and have somebody ready who agrees",
                code=EXIT_REFUSED,
            )
        if time.monotonic() - begun >= seconds_max:
            click.echo(f"  not followed any longer after {show_span(seconds_max)}", err=True)
            return ""
        sleep(CHANGE_LOOK_S)


def choose_seconds(for_: str, *, as_json: bool) -> float:
    """Return how long a change is followed: to its end on a terminal, else as long as told."""
    if for_:
        return float(parse_span_s(for_, "--for"))
    return CHANGE_S if sys.stdout.isatty() and not as_json else 0.0


def follow_asked(planner: Planner, told: Told, seconds_max: float) -> None:
    """Follow a change that was asked for; the command ends as the change does."""
    if not seconds_max:
        return
    change = told.json["hash"] if told.status == WAITS else told.json["change"]
    outcome = follow_change(planner, change, seconds_max=seconds_max)
    if outcome == "done":
        return
    fail(
        f"it ended {outcome}" if outcome else "its end was not seen",
        "`route112 history` says why" if outcome else "`route112 history` shows how it goes on",
        code=EXIT_REFUSED,
    )


def _find(told: dict[str, Any], change: str) -> dict[str, Any] | None:
    found: list[dict[str, Any]] = [each for each in told["ended"] if each["id"] == change]
    if told["current"] is not None and told["current"]["id"] == change:
        found.append(told["current"])
    return found[-1] if found else None


def _waits(planner: Planner, change: str) -> bool:
    waiting = planner.ask("GET", "/waiting").json["waiting"]
    return any(each["hash"] == change for each in waiting) or (
        # Approved between the two questions.
        _find(planner.ask("GET", "/changes").json, change) is not None
    )


def _describe(shown: dict[str, Any]) -> str:
    cause = f": {shown['cause']}" if shown["cause"] else ""
    if shown["outcome"]:
        return f"{shown['outcome']}{cause}"
    way = "goes back, " if shown["back"] else ""
    frozen = ", frozen by an alarm" if shown["frozen_since_us"] else ""
    return f"{way}{shown['step']} at {shown['station']}{frozen}{cause}"
