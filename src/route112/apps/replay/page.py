"""The report of a replay as one HTML file: pictures and tables inside, no script."""

import base64
import html
from collections.abc import Sequence

from route112.apps.replay.joint import COLUMNS, JointReport, list_rows, say_joint
from route112.apps.replay.pictures import DARK, LIGHT, PICTURES
from route112.apps.replay.played import ROWS, Played, get_figure
from route112.simulation.tally import Counts

ROWS_SHOWN_MAX = 25
"""Values of one kind in a table; the rest is counted in the JSON report."""

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem;
  color: #1b1b1b; background: #fff; }
table { border-collapse: collapse; margin: 1rem 0; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { padding: .2rem .8rem; text-align: right; border-bottom: 1px solid #ddd;
  font-variant-numeric: tabular-nums; }
th:first-child, td:first-child { text-align: left; }
img { max-width: 100%; height: auto; }
.note { color: #555; }
@media (prefers-color-scheme: dark) { body { color: #eee; background: #161616; }
  th, td { border-color: #444; } .note { color: #aaa; } }
"""


def render_page(plays: Sequence[Played]) -> str:
    """Render the report of all plays of one scenario; at least one."""
    scenario = plays[0].scenario
    says = "; ".join(
        f"{played.wiring.name}: {played.tally.total.lost:,} of {played.tally.total.attempts:,}"
        " attempts lost"
        for played in plays
    )
    parts = [
        f"<h1>{html.escape(scenario.title)}</h1>",
        (
            f'<p class="note">Scenario {html.escape(scenario.name)}, seed {scenario.seed}. '
            f"{html.escape(_tell_compression(plays))}</p>"
        ),
        _render_picture(plays, "replay", html.escape(says)),
        _render_totals(plays),
        *(_render_joint(played.wiring.name, played.joint) for played in plays if played.joint),
        *(
            part
            for kind in plays[0].tally.by
            for part in (
                _render_picture(plays, f"replay-{kind}", "The figures are in the tables."),
                *(_render_kind(played, kind) for played in plays),
            )
        ),
        *(
            f'<p class="note">{html.escape(played.wiring.name)}: {html.escape(played.wiring.note)}'
            "</p>"
            for played in plays
            if played.wiring.note
        ),
    ]
    body = "\n".join(parts)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(scenario.title)}</title><style>{_STYLE}</style></head>\n"
        f"<body>\n{body}\n</body></html>\n"
    )


def _render_picture(plays: Sequence[Played], name: str, says: str) -> str:
    """Render a picture, in the colours that the reader's screen wants."""
    title, draw = PICTURES[name]
    light, dark = (base64.b64encode(draw(plays, theme)).decode() for theme in (LIGHT, DARK))
    return (
        f"<h2>{html.escape(title)}</h2>\n<picture>"
        '<source media="(prefers-color-scheme: dark)" '
        f'srcset="data:image/png;base64,{dark}">'
        f'<img alt="{html.escape(title)}. {says}" src="data:image/png;base64,{light}">'
        "</picture>"
    )


def _tell_compression(plays: Sequence[Played]) -> str:
    times = ", ".join(f"{played.compression:.1f}" for played in plays)
    return (
        f"Calls were placed {times} times as fast as the evening was; the timers of SIP and the "
        "delays of the network are real."
    )


def _render_totals(plays: Sequence[Played]) -> str:
    published = plays[0].scenario.published
    heads = [html.escape(played.wiring.name) for played in plays]
    rows = [
        [label, *(f"{get_figure(played.tally.total, name):,}" for played in plays)]
        for name, label in ROWS
    ]
    rows.append(["lost, share", *(f"{played.tally.total.lost_share:.2%}" for played in plays)])
    rows.append(["unique callers", *(f"{played.tally.unique_callers:,}" for played in plays)])
    rows.append(
        ["of them not through", *(f"{played.tally.unique_callers_lost:,}" for played in plays)]
    )
    if published is not None:
        heads.append("published")
        said = {
            "attempts": f"{published.attempts:,}",
            "lost": f"{published.lost:,}",
            "lost, share": f"{published.lost / published.attempts:.2%}",
        }
        rows = [[*row, said.get(row[0], "–")] for row in rows]
    table = _render_table("All attempts", ["", *heads], rows)
    if published is not None:
        table += f'<p class="note">Published: {html.escape(published.source)}</p>'
    return table


def _render_joint(wiring: str, joint: JointReport) -> str:
    table = _render_table(f"{wiring}, behind gateways of one vendor", COLUMNS, list_rows(joint))
    return f"<p>{html.escape(say_joint(joint))}</p>\n{table}"


def _render_kind(played: Played, kind: str) -> str:
    figures = list(played.tally.by[kind].items())
    rows = [_render_row(value, counts) for value, counts in figures[:ROWS_SHOWN_MAX]]
    if len(figures) > ROWS_SHOWN_MAX:
        rows.append([f"{len(figures) - ROWS_SHOWN_MAX} more", *("…" for _ in (*ROWS, ""))])
    heads = [kind, *(label for _, label in ROWS), "lost, share"]
    return _render_table(f"{played.wiring.name}, by {kind}", heads, rows)


def _render_row(value: str, counts: Counts) -> list[str]:
    return [
        value,
        *(f"{get_figure(counts, name):,}" for name, _ in ROWS),
        f"{counts.lost_share:.2%}",
    ]


def _render_table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{html.escape(text)}</th>' for text in heads)
    body = "\n".join(
        "<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in row) + "</tr>" for row in rows
    )
    return (
        f"<table><caption>{html.escape(caption)}</caption>\n<thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{body}\n</tbody></table>"
    )
