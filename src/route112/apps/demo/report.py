"""How the demo begins and ends: the country, what the checker counted, where to look next."""

from collections.abc import Sequence
from dataclasses import dataclass

import click

from route112.apps._console import echo_json, own_name
from route112.apps.demo.country import DemoFolder, Facts
from route112.apps.demo.draw import DemoCall
from route112.apps.demo.play import Act
from route112.apps.demo.screen import Screen, show
from route112.apps.demo.tally import Count
from route112.model import Operator
from route112.model.topology import Topology
from route112.simulation.checker import Judgement
from route112.snapshot.reader import Snapshot

TELLS = (
    ("cell", "its cell"),
    ("line", "the calling line"),
    ("commune", "its commune"),
)
"""What an operator may say of where a caller is, and how that is called here."""
PLACES = {
    "request-uri-user": "in the request URI",
    "uri-parameter": "in a parameter",
    "header": "in a header",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of the demo."""

    acts: Sequence[tuple[Act, Count]]
    judgement: Judgement
    seconds: float
    """Of the whole demo."""

    @property
    def broken(self) -> tuple[str, ...]:
        """Names of the acts that did not go as told."""
        return tuple(act.name for act, count in self.acts if not act.is_kept(count))

    @property
    def is_good(self) -> bool:
        """Tell whether every act went as told."""
        return bool(self.acts) and not self.broken


def show_plan(screen: Screen, snapshot: Snapshot, facts: Facts, folder: DemoFolder) -> None:
    """Say what the country's plan is."""
    keys = snapshot.communes_count * len(snapshot.short_numbers)
    screen.text(
        f"{facts.files} plans of prefectures ({facts.parsed} parsed now) say which of "
        f"{snapshot.psaps_count} answering points rings for each of {keys:,} pairs of commune and "
        f"short number. Checked, signed and verified: {show(folder.snapshot)}"
    )


def list_country(topology: Topology, operators: Sequence[Operator], ends: int) -> list[str]:
    """List what runs: operators with their edges and dialects, sites, answering points."""
    rows = [("operator", "network", "says where a caller is by", "edge", "its sites, in order")]
    by_id = {operator.id: operator for operator in operators}
    for node in topology.operators:
        operator = by_id[node.id]
        sites = " ".join(site.removeprefix("site-") for site in node.sites)
        spread = "first one" if node.spread == "first" else "in turn"
        rows.append(
            (
                node.id, operator.technology, say_dialect(operator),
                f"{node.edges[0].place}, {node.edges[0].host}", f"{sites}, {spread}",
            )
        )  # fmt: skip
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    places = [f"{site.id.removeprefix('site-')} {site.place}" for site in topology.sites]
    return [
        *lines,
        "",
        f"sites      {'   '.join(places)}   (sharing nothing)",
        f"PSAPs      played where {ends} trunks end: they write down which number rang",
    ]


def say_dialect(operator: Operator) -> str:
    """Say how an operator tells where a caller is."""
    for field, name in TELLS:
        rules = [rule for rule in operator.dialect if rule.field == field]
        if rules:
            return f"{name}, {PLACES[rules[0].place]}"
    return "nothing: its default commune"


def list_table(outcome: Outcome) -> list[str]:
    """List the checker's counts, a row for each act."""
    rows = [("", "placed", "right", "delayed", "latest", "misrouted", "lost", "")]
    for number, (act, count) in enumerate(outcome.acts, start=1):
        remark = "each named beforehand" if count.lost and act.is_kept(count) else ""
        rows.append(
            (
                f"{number} {act.name}", str(count.placed), str(count.right), str(count.delayed),
                f"{count.delay_s:.2f} s", str(count.misrouted), str(count.lost),
                remark if act.is_kept(count) else "NOT AS TOLD",
            )
        )  # fmt: skip
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            (
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:-1], widths[1:-1], strict=True)),
                row[-1],
            )
        ).rstrip()
        for row in rows
    ]


def print_end(screen: Screen, outcome: Outcome, folder: DemoFolder, call: DemoCall) -> None:
    """Show the table, and say how it went in all and where to look next."""
    screen.title(
        "The checker: what callers and answering points wrote down, never our own records"
    )
    screen.rows(list_table(outcome))
    screen.text(
        "right: the best answering point that could be reached, within 20 s. delayed: right, but "
        "more than 0.5 s later than usual. latest: how much later the slowest of them rang."
    )
    run, name = show(folder.run), own_name()
    if not outcome.is_good:
        screen.warn(f"{outcome.seconds:.0f} s. Not as told: {', '.join(outcome.broken)}")
        screen.text(
            f"What to look at: {run}/callers-*.jsonl and {run}/psaps/psaps.jsonl (what both ends "
            f"saw), {run}/*/log, {run}/up.log"
        )
    plan = show(folder.snapshot)
    click.echo(
        f"\n{outcome.seconds:.0f} s. Nothing of it runs any more. Look next:\n"
        f"  {name} records query {run}/site-1 --number {call.dialled}\n"
        f"  {name} route {call.dialled} --commune {call.commune} --plan {plan}\n"
        f"  {name} up --plan {plan} --psaps --exercise --detach\n"
        f"      the same country, yours to break: {name} status, fault, down\n"
        f"  {name} replay fr-2021-06-02 --calls 6000\n"
        "      the evening of 2 June 2021, wired as then and as here\n"
        "  docs/demo.md, ARCHITECTURE.md: what is real here, and how it works",
        err=screen.is_aside,
    )


def echo_report(outcome: Outcome, folder: DemoFolder) -> None:
    """Print the counts and every verdict as JSON."""
    judgement = outcome.judgement
    echo_json(
        {
            "acts": [
                {
                    "name": act.name,
                    "placed": count.placed,
                    "right": count.right,
                    "delayed": count.delayed,
                    "latest_s": round(count.delay_s, 3),
                    "misrouted": count.misrouted,
                    "lost": count.lost,
                    "named_beforehand": len(act.named),
                    "kept": act.is_kept(count),
                }
                for act, count in outcome.acts
            ],
            "ghosts": judgement.ghosts,
            "not_as_told": outcome.broken,
            "seconds": round(outcome.seconds, 1),
            "calls": [
                {
                    "call_id": verdict.call_id,
                    "verdict": verdict.verdict.value,
                    "reason": verdict.reason,
                    "rang": verdict.number,
                    "first_ring_ms": verdict.first_ring_ms,
                }
                for verdict in judgement.verdicts
            ],
            "run": str(folder.run),
        }
    )
