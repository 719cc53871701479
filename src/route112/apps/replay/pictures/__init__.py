"""
The report's pictures: what became of attempts over time, in total and by every kind.

One picture for all (`overview`), small multiples for a few values (`multiples`), a heat map for
many (`heat`). `theme` has the colours, light and dark, `time_axis` the clock of the scenario.
"""

from collections.abc import Callable, Mapping, Sequence

from route112.apps.replay.pictures.heat import draw_heat
from route112.apps.replay.pictures.multiples import draw_multiples
from route112.apps.replay.pictures.overview import draw_overview
from route112.apps.replay.pictures.theme import DARK, LIGHT, Theme
from route112.apps.replay.played import Played

__all__ = ["DARK", "LIGHT", "PICTURES", "Theme"]

Draw = Callable[[Sequence[Played], Theme], bytes]

PICTURES: Mapping[str, tuple[str, Draw]] = {
    "replay": ("Attempts a minute by what became of them", draw_overview),
    "replay-number": (
        "The same by short number",
        lambda plays, theme: draw_multiples(plays, "number", theme),
    ),
    "replay-operator": (
        "The same by operator",
        lambda plays, theme: draw_multiples(plays, "operator", theme),
    ),
    "replay-departement": ("Share of attempts by departement of the caller", draw_heat),
}
"""File name without its ending, to title and how it is drawn."""
