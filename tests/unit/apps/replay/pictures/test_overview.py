import io
from dataclasses import replace

import pytest
from PIL import Image
from tests.unit.apps.replay.test_played import SCENARIO

from route112.apps.replay.pictures.overview import draw_overview
from route112.apps.replay.pictures.theme import DARK, LAYERS, LIGHT
from route112.apps.replay.played import Played
from route112.model import FaultStep, Published, Wiring
from route112.simulation.checker import Verdict
from route112.simulation.tally import Attempt, count_attempts

GREY = FaultStep(at_s=0.0, until_s=1800.0, kind="grey", targets=("site-1",))


def play(verdict, *, until_s=3600, departement="29", number="15", operator="bruyere", **changes):
    attempts = [
        Attempt(
            at_s=at_s, verdict=verdict, caller=str(at_s), number=number, operator=operator,
            departement=departement,
        )
        for at_s in range(0, until_s, 10)
    ]  # fmt: skip
    tally = count_attempts(attempts, length_s=max(3600, until_s), bin_s=60)
    scenario = replace(SCENARIO, **changes)
    return Played(
        scenario=scenario, wiring=Wiring(name="a"), tally=tally, seconds=60, compression=60
    )


def count_colours(picture):
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    return image.size, {colour: count for count, colour in image.getcolors(1 << 22)}


def rgb(colour):
    return tuple(bytes.fromhex(colour[1:]))


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
@pytest.mark.parametrize("verdict", list(Verdict))
def test_the_colour_of_an_outcome_fills_its_panel(theme, verdict):
    colours = {
        name: rgb(colour) for (name, _, _), colour in zip(LAYERS, theme.outcomes, strict=True)
    }
    _, found = count_colours(draw_overview([play(verdict)], theme))
    assert max(colours, key=lambda name: found.get(colours[name], 0)) == verdict.value
    assert max(found, key=found.get) in (rgb(theme.paper), colours[verdict.value])


def test_each_play_has_its_panels_and_so_has_what_was_broken():
    (_, one), _ = count_colours(draw_overview([play(Verdict.RIGHT)], LIGHT))
    (_, two), _ = count_colours(draw_overview([play(Verdict.RIGHT), play(Verdict.LOST)], LIGHT))
    (_, broken), found = count_colours(draw_overview([play(Verdict.RIGHT, faults=(GREY,))], LIGHT))
    assert two > one + 200
    assert broken > one + 30
    assert found[rgb(LIGHT.faint)] > 3_000, "half an hour of one hour was grey"


def test_the_published_share_stands_beside_what_was_lost():
    told = Published(attempts=100, lost=11, source="nobody")
    plain = draw_overview([play(Verdict.RIGHT)], LIGHT)
    assert draw_overview([play(Verdict.RIGHT, published=told)], LIGHT) != plain


def test_the_same_figures_are_the_same_bytes():
    assert draw_overview([play(Verdict.RIGHT)], DARK) == draw_overview([play(Verdict.RIGHT)], DARK)


def test_callers_who_dial_after_the_end_have_room():
    assert draw_overview([play(Verdict.RIGHT, until_s=5_000)], LIGHT).startswith(b"\x89PNG")
