import io

import pytest
from rich.console import Console
from tests.support.showing import figures, make_found, make_shown, show_series

from route112.apps.watch import table
from route112.apps.watch.table import make_table, show_time

NUMBER = ("number", "15")
PLACE = (NUMBER, ("departement", "29"))
TRUNK = ("trunk", "t:1")


def draw(shown, found=(), *, runs=True, with_all=False, width=140):
    written = io.StringIO()
    screen = Console(width=width, file=written, color_system=None)
    screen.print(make_table(shown, found, runs=runs, with_all=with_all, width=width))
    return written.getvalue()


def rows(text):
    return [line.split() for line in text.splitlines() if line.strip()]


def test_columns_line_up_and_say_what_is_known():
    text = draw(make_shown(show_series(), show_series(NUMBER), show_series(TRUNK, is_tries=True)))
    heading, *lines = text.splitlines()[1:]
    assert len({len(line) for line in (heading, *lines)}) == 1
    assert "1,234 records of 3 folders" in text
    assert rows(text)[2] == (
        ["all", "calls", "20.0", "50", "90%", "psap", "3", "40", "ms", "12.0", "90", "s", "ok"]
    )
    assert "t:1" not in text


def test_what_is_not_known_is_a_dash():
    empty = figures(callers=0, failed=0, ended=0, ring_ms=None, parties={})
    shown = make_shown(
        show_series(late=empty, usual_per_min=None, floor_s=None),
        show_series(TRUNK, is_tries=True, late=empty),
        show_series(("psap", "A"), is_tries=True),
    )
    text = rows(draw(shown, with_all=True))
    assert text[2][2:] == ["20.0", "0", "-", "-", "-", "-", "-", "ok"]
    assert text[3][:5] == ["PSAP", "A", "20.0", "-", "89%"]
    assert text[4][:5] == ["trunk", "t:1", "20.0", "-", "-"]


def test_what_is_wrong_is_shown_in_its_row_and_below(monkeypatch):
    shown = make_shown(show_series(), show_series(TRUNK, is_tries=True), show_series(NUMBER))
    text = draw(shown, [make_found(TRUNK), make_found(*PLACE)])
    assert "trunk t:1" in text.splitlines()[4]
    assert text.count("drought") == 3
    assert "drought of 15 · departement 29, since 2026" in text
    monkeypatch.setattr(table, "OPEN_SHOWN_MAX", 1)
    assert "and 1 more; --json has all" in draw(shown, [make_found(TRUNK), make_found(*PLACE)])


def test_a_narrow_terminal_does_without_some_columns():
    assert "usual/min" not in draw(make_shown(show_series()), width=90)


def test_the_title_says_what_is_wrong_with_watch_itself():
    shown = make_shown(
        scenario="fr-2021-06-02", has_backlog=True, tests=5, tests_answered=4,
        trouble=("site-1 cannot be read",), missing=7, known=9,
        unsent_late="3 events were not taken by the webhook",
    )  # fmt: skip
    text = draw(shown, runs=False)
    for part in ("does NOT run", "of fr-2021-06-02", "more to be read", "4 of 5 test calls",
                 "site-1 cannot be read", "7 records never came", "9 records had come before",
                 "3 events were not taken"):  # fmt: skip
        assert part in text
    assert "no call has been looked at" in draw(None)
    assert "no call has been looked at" in draw(make_shown(watch_us=None))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(7, "7 s"), (119, "119 s"), (1_440, "24 min"), (12_600, "3.5 h"), (400_000, "4.6 d")],
)
def test_times(seconds, text):
    assert show_time(seconds) == text
