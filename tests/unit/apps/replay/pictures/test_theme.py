import pytest

from route112.apps.replay.pictures import PICTURES
from route112.apps.replay.pictures.theme import (
    DARK,
    LAYERS,
    LIGHT,
    make_figure,
    pick,
    write_figure,
)
from route112.simulation.tally import KINDS, Counts


def shine(colour):
    """Return the relative luminance of WCAG 2."""
    parts = [octet / 255 for octet in bytes.fromhex(colour[1:])]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(
        weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True)
    )


def contrast(one, other):
    low, high = sorted((shine(one), shine(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_words_and_bad_outcomes_stand_out(theme):
    right, delayed, _, lost = theme.outcomes
    assert contrast(theme.ink, theme.paper) > 7
    assert contrast(theme.faint, theme.paper) > 3
    assert contrast(lost, theme.paper) > 4.5
    assert contrast(right, delayed) > 2, "told apart by brightness"


def test_layers_add_up():
    counts = Counts(attempts=10, right=7, delayed=3, misrouted=1, lost=2)
    assert [pick(counts, name) for name, _, _ in LAYERS] == [4, 3, 1, 2]
    assert all(hatch for name, _, hatch in LAYERS if name in ("misrouted", "lost"))


def test_a_figure_becomes_a_picture():
    assert write_figure(make_figure(LIGHT, 2, 1)).startswith(b"\x89PNG")


def test_every_kind_has_a_picture():
    assert set(PICTURES) == {"replay", *(f"replay-{kind}" for kind in KINDS)}
