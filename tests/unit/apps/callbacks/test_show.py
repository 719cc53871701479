import pytest
from tests.support.seen import CALLER, T0, S

from route112.apps.callbacks.show import (
    COLUMNS,
    dump_callback,
    list_cells,
    name_caller,
    render_csv,
    render_time,
)
from route112.watch.callbacks import CallBack


def make(**values):
    usual = {
        "id": 7, "caller": CALLER, "pseudonym": "", "number": "15", "commune": "29019",
        "place": "Brest", "outcome": "failed", "party": "psap", "first_us": T0,
        "last_us": T0 + 60 * S, "attempts": 3, "lost": 2, "through_us": None, "assigned": "desk 4",
        "done": "", "note": "",
    }  # fmt: skip
    return CallBack(**{**usual, **values})


@pytest.mark.parametrize(
    ("values", "clear", "shown"),
    [
        ({}, True, CALLER),
        ({}, False, "+33 6 39 98 .. .."),
        ({"caller": ""}, True, "anonymous"),
        ({"caller": "", "pseudonym": "ab12"}, True, "~ab12"),
    ],
)
def test_a_number_is_masked_unless_asked_for(values, clear, shown):
    assert name_caller(make(**values), clear=clear) == shown


def test_a_row_says_what_the_caller_wanted():
    cells = dict(zip(COLUMNS, list_cells(make(), clear=False), strict=True))
    assert cells["commune"] == "29019 Brest"
    assert cells["first lost"] == "2026-11-18T11:06:40Z"
    assert (cells["lost"], cells["of"], cells["why"]) == (2, 3, "failed psap")
    assert (cells["state"], cells["by"]) == ("assigned", "desk 4")
    done = dict(zip(COLUMNS, list_cells(make(done="reached"), clear=False), strict=True))
    assert done["state"] == "done: reached"


def test_a_time_that_never_was_is_empty():
    assert render_time(None) == ""


def test_a_spreadsheet_takes_nothing_for_a_formula():
    rows = [
        dump_callback(make(note="=1+1"), clear=True),
        dump_callback(make(caller="+33=cmd", number="-1"), clear=True),
    ]
    head, first, second = render_csv(rows).split("\r\n")[:3]
    assert head.startswith("id,caller,number,commune,place,first_lost")
    assert f"7,{CALLER},15," in first
    assert first.endswith(",'=1+1")
    assert second.startswith("7,'+33=cmd,'-1,")
    assert render_csv([]) == ""
