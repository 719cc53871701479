from tests.unit.apps.replay.pictures.test_overview import count_colours, play, rgb

from route112.apps.replay.pictures.multiples import ROWS_MAX, draw_multiples, list_values
from route112.apps.replay.pictures.theme import LIGHT
from route112.simulation.checker import Verdict

RIGHT, _, _, LOST = (rgb(colour) for colour in LIGHT.outcomes)


def test_each_value_has_a_row_and_each_play_a_column():
    one = [play(Verdict.RIGHT, number="15")]
    two = [*one, play(Verdict.LOST, number="18")]
    (_, low), _ = count_colours(draw_multiples(one, "number", LIGHT))
    (_, high), found = count_colours(draw_multiples(two, "number", LIGHT))
    assert high > low + 100
    # Each play has only one of the two numbers: half of the panels stay empty.
    assert found[RIGHT] > 10_000
    assert found[LOST] > 5_000


def test_values_of_every_play_are_listed_and_their_number_is_bounded():
    plays = [play(Verdict.RIGHT, operator=f"o-{index:02}") for index in range(ROWS_MAX + 5)]
    assert list_values(plays, "operator")[:2] == ["o-00", "o-01"]
    (_, height), _ = count_colours(draw_multiples(plays[:1], "operator", LIGHT))
    assert len(list_values(plays, "operator")) == ROWS_MAX + 5
    assert height < 500


def test_nobody_called():
    assert draw_multiples([play(Verdict.RIGHT, until_s=0)], "number", LIGHT).startswith(b"\x89PNG")
