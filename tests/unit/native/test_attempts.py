from dataclasses import replace

import pytest
from tests.support.snapshots import LINES, NONE, PSAPS, TRUNKS, small_content

from route112.adapters.tables.file import VALUE_LENGTH_MAX
from route112.native.attempts import (
    HOPS_TRIED_MAX,
    TARGETS_TRIED,
    Attempts,
    choose_lines,
    list_fallbacks,
)
from route112.snapshot.content import VariantRow
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

NIGHT, DAY = 1_250, 600


def opened(**changes):
    return Snapshot(write_snapshot(small_content(**changes)))


def variant(line, **changes):
    return replace(VariantRow(lines=(line,), rules=("primary",)), **changes)


def with_route(*variants):
    return opened(routes=(variants, *small_content().routes[1:]))


@pytest.mark.parametrize(("minute", "lines"), [(NIGHT, [4]), (DAY, [2, 12, 8])])
def test_the_first_open_variant_serves(minute, lines):
    assert choose_lines(opened(), 2, minute) == lines


def test_a_variant_for_everywhere_comes_before_one_for_an_area():
    assert choose_lines(opened(), 4, DAY) == [4, 10]


def test_where_every_open_variant_has_an_area_all_of_them_may_be_meant():
    snapshot = with_route(variant(1, area=0), variant(2, area=1), variant(3, hours=0))
    assert choose_lines(snapshot, 0, DAY) == [1, 2]
    assert choose_lines(snapshot, 0, NIGHT) == [3]


def test_where_nothing_is_open_the_closed_ones_serve_anyhow():
    snapshot = with_route(variant(1, hours=0, area=0), variant(2, hours=0), variant(3, hours=0))
    assert choose_lines(snapshot, 0, DAY) == [2, 3]
    only = with_route(variant(1, hours=0, area=0), variant(2, hours=0, area=1))
    assert choose_lines(only, 0, DAY) == [1, 2]


def test_a_neighbour_comes_before_the_departement_only_behind_the_plan():
    snapshot = opened()
    assert list_fallbacks(snapshot, 0, 0, planned=True) == [3, 2, 3]
    assert list_fallbacks(snapshot, 0, 0, planned=False) == [2, 3, 3]
    assert list_fallbacks(snapshot, NONE, 0, planned=False) == [3]


def test_a_departement_without_a_default_has_its_neighbours():
    row = replace(small_content().fallbacks[0], departement=NONE)
    snapshot = opened(fallbacks=(row, *small_content().fallbacks[1:]))
    assert list_fallbacks(snapshot, 0, 0, planned=False) == [3, 3]


def test_an_attempt_is_number_hop_transport_times_psap_and_room():
    assert Attempts(opened()).render([2, 4]) == (
        "+33261910010|127.0.4.1:5060|udp|2000|30000|CRRA15-29|300;"
        "+33261910010|127.0.4.2:5060|udp|2000|30000|CRRA15-29|300;"
        "+33261910030|127.0.5.1:5060|udp|6000|30000|CTA18-29|0"
    )


def test_a_line_that_only_an_order_names_has_no_psap():
    assert Attempts(opened()).render([13]).split(";")[0] == (
        "+33465710001|127.0.4.1:5060|udp|2000|20000||0"
    )


def test_targets_and_hops_are_bounded():
    hops = tuple(replace(TRUNKS[0].hops[0], address=f"127.0.4.{index}:5060") for index in range(4))
    snapshot = opened(trunks=(replace(TRUNKS[0], hops=hops), *TRUNKS[1:]))
    attempts = Attempts(snapshot).render([0, 2, 8, 6]).split(";")
    assert len(attempts) == TARGETS_TRIED * HOPS_TRIED_MAX


@pytest.mark.parametrize(
    ("lines", "rung"),
    [
        ([2, 12, 8, 0, 1], [2, 12, 8, 0]),
        ([2, 12, 0, 8, 1], [2, 12, 0]),
        ([0, 2, 12, 8], [0, 2, 12]),
        ([13, 2, 12, 0, 1], [13, 2, 12, 0]),
        ([13, 2, 0, 1], [13, 2, 0]),
        ([2, 12, 8], [2, 12, 8]),
        ([2, 12], [2, 12]),
    ],
)
def test_a_fourth_target_stands_behind_three_of_one_psap(lines, rung):
    attempts = Attempts(opened()).render(lines).split(";")
    numbers = dict.fromkeys(attempt.split("|")[0] for attempt in attempts)
    assert list(numbers) == [LINES[index].number for index in rung]
    bounded = [attempt.split("|")[0] for attempt in attempts if attempt.split("|")[6] != "0"]
    owned = [index for index in rung[:-1] if LINES[index].psap != NONE]
    assert list(dict.fromkeys(bounded)) == [LINES[index].number for index in owned]


def test_the_longest_text_fits_into_a_row():
    """Numbers, ids, addresses and capacities as long as the readers of a plan let them be."""
    name = "C" + "K" * 15 + "-" + "9" * 8 + "-999"
    number = "+3326191{:08}".format
    address = "[" + "f" * 45 + "]:65535"
    hops = tuple(replace(TRUNKS[0].hops[0], address=address, technology="rtc") for _ in range(2))
    psap = replace(PSAPS[2], id=name, capacity_calls=10_000)
    lines = [
        replace(line, number=number(index), psap=2, trunk=0, ring_time_s=120)
        for index, line in enumerate(LINES[:-1])
    ]
    snapshot = opened(
        psaps=(*PSAPS[:2], psap, *PSAPS[3:]),
        lines=(*lines, LINES[-1]),
        trunks=(replace(TRUNKS[0], hops=hops), *TRUNKS[1:]),
    )
    assert 900 < len(Attempts(snapshot).render([2, 8, 12, 0, 1])) <= VALUE_LENGTH_MAX


def test_an_id_that_would_break_the_text_is_left_out():
    psaps = (replace(PSAPS[0], id="CIC17 29;"), *PSAPS[1:])
    snapshot = opened(psaps=psaps, orders=())
    assert (
        Attempts(snapshot).render([0]).startswith("+33261910020|127.0.4.1:5060|udp|2000|30000||0;")
    )


def test_a_line_that_is_named_again_reads_the_same():
    attempts = Attempts(opened())
    assert attempts.render([2, 4]) == attempts.render([2, 4])
    assert attempts.render([4, 2]).split(";")[::-1][0] == attempts.render([2]).split(";")[-1]


def test_the_last_line_that_is_tried_has_no_bound():
    rooms = [text.split("|")[-1] for text in Attempts(opened()).render([4, 2, 3, 5]).split(";")]
    assert rooms == ["300", "300", "300", "0"]
