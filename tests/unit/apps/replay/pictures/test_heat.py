import pytest
from tests.unit.apps.replay.pictures.test_overview import count_colours, play, rgb

from route112.apps.replay.pictures.heat import draw_heat
from route112.apps.replay.pictures.theme import DARK, LIGHT
from route112.simulation.checker import Verdict


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_a_departement_that_lost_all_is_as_far_from_paper_as_can_be(theme):
    _, quiet = count_colours(draw_heat([play(Verdict.RIGHT)], theme))
    _, lost = count_colours(draw_heat([play(Verdict.LOST)], theme))
    assert lost[rgb(theme.ink)] > quiet.get(rgb(theme.ink), 0) + 1_000


def test_where_nobody_called_is_neither_good_nor_bad():
    _, found = count_colours(draw_heat([play(Verdict.LOST, until_s=600)], LIGHT))
    assert found[rgb(LIGHT.empty)] > 10_000


def test_misrouted_calls_have_a_panel_where_there_are_any():
    (narrow, _), _ = count_colours(draw_heat([play(Verdict.RIGHT)], LIGHT))
    (wide, _), _ = count_colours(draw_heat([play(Verdict.MISROUTED)], LIGHT))
    assert wide > narrow + 200


def test_every_departement_has_a_row():
    few = [play(Verdict.RIGHT, departement="29")]
    many = [play(Verdict.RIGHT, departement=f"{index:02}") for index in range(40)]
    (_, low), _ = count_colours(draw_heat(few, LIGHT))
    (_, high), _ = count_colours(draw_heat([*few, *many[:2]], LIGHT))
    assert low == high, "a picture has a least height"
    assert count_colours(draw_heat(many[:1] * 2, DARK))[0][0] > 700


def test_nobody_called():
    assert draw_heat([play(Verdict.RIGHT, until_s=0)], LIGHT).startswith(b"\x89PNG")
