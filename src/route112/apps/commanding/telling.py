"""What became of a request, in words."""

from typing import Any

import click

from route112.adapters.clock import utc_now
from route112.apps._console import echo_json, make_printable, own_name
from route112.apps.commanding.client import Told
from route112.apps.commanding.times import show_instant

WAITS = 202
_FORMS = {
    "psap": "{}",
    "stations": "{}",
    "short_number": "for {}",
    "to_psap": "to {}",
    "to_number": "to {}",
    "decree": "by decree {}",
    "order": "order {}",
    "version": "version {}",
    "candidate": "candidate {:.16}",
    "base": "in place of {:.16}",
    "change": "change {:.16}",
    "impact": "impact {}",
    "soak_s": "soak {} s",
    "starts_us": "from {}",
    "expires_us": "until {}",
}
"""How each argument is told, in this order."""


def tell_outcome(told: Told, *, as_json: bool) -> None:
    """Say that it waits for a second person, or what was done."""
    if as_json:
        echo_json(told.json)
    elif told.status == WAITS:
        tell_waiting(told.json)
    else:
        tell_done(told.json)


def tell_waiting(waiting: dict[str, Any]) -> None:
    """Say what waits, for whom, and what that person types."""
    until = show_instant(waiting["until_us"], utc_now())
    click.echo(f"{describe(waiting)}")
    click.echo(
        f"  waits for a second person ({' or '.join(waiting['approvers'])}) until {until}:\n"
        f"  {own_name()} approve {waiting['hash']}"
    )


def describe(waiting: dict[str, Any]) -> str:
    """Return one line that says what is asked for, by whom and why."""
    now, arguments = utc_now(), waiting["arguments"]
    words = [waiting["verb"]]
    for name in sorted(arguments, key=_rank):
        value = arguments[name]
        shown = show_instant(int(value), now) if name.endswith("_us") else value
        words.append(_FORMS.get(name, f"{name} {{}}").format(shown))
    return make_printable(f"{' '.join(words)}, by {waiting['author']}: {waiting['reason']}")


def _rank(name: str) -> tuple[int, str]:
    """Say where an argument stands in a line; what is not known stands behind."""
    known = list(_FORMS)
    return (known.index(name) if name in known else len(known), name)


def tell_done(done: dict[str, Any]) -> None:
    """Say what was done."""
    agreed = f", {done['approver']} agreed" if done["approver"] else ""
    said = [f"{done['verb']}: {done['author']} asked{agreed}"]
    if done["order"]:
        said.append(f"order {done['order']} is given")
    if done["withdrawn"]:
        said.append(f"order {', '.join(done['withdrawn'])} is withdrawn")
    if done["change"]:
        said.append(f"change {done['change'][:16]}")
    if done.get("adopted"):
        said.append(f"{', '.join(done['adopted'])} held no more, on the plan that is there")
    click.echo(make_printable("; ".join(said)))
