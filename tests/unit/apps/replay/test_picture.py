import io

from PIL import Image
from tests.unit.apps.replay.test_played import SCENARIO

from route112.apps.replay.picture import LAYERS, draw_picture
from route112.apps.replay.played import Played
from route112.model import Wiring
from route112.simulation.checker import Verdict
from route112.simulation.tally import Attempt, count_attempts


def play(verdict):
    attempts = [
        Attempt(
            at_s=at_s, verdict=verdict, caller=str(at_s), number="15", operator="bruyere",
            departement="29",
        )
        for at_s in range(0, 3600, 10)
    ]  # fmt: skip
    tally = count_attempts(attempts, length_s=3600, bin_s=60)
    return Played(scenario=SCENARIO, wiring=Wiring(name="a"), tally=tally, seconds=60)


def count_colours(picture):
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    return image.size, {colour: count for count, colour in image.getcolors(1 << 20)}


def rgb(colour):
    return tuple(bytes.fromhex(colour[1:]))


def test_the_colour_of_an_outcome_fills_its_panel():
    colours = {name: rgb(colour) for name, _, colour in LAYERS}
    for verdict in Verdict:
        _, found = count_colours(draw_picture([play(verdict)]))
        filled = max(colours, key=lambda name: found.get(colours[name], 0))
        assert filled == verdict.value


def test_each_play_has_a_panel():
    (_, one), _ = count_colours(draw_picture([play(Verdict.RIGHT)]))
    (_, two), _ = count_colours(draw_picture([play(Verdict.RIGHT), play(Verdict.LOST)]))
    assert two > one + 200


def test_the_same_figures_are_the_same_bytes():
    assert draw_picture([play(Verdict.RIGHT)]) == draw_picture([play(Verdict.RIGHT)])
