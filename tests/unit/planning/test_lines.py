from tests.support.plans import CRRA15_29, CRRA15_56, CTA18_29, PSAPS, change_psap

from route112.planning.lines import (
    LINES_PER_ROUTE_MAX,
    collect_lines,
    order_lines,
    suggest_numbers,
)


def test_a_secondary_that_is_another_psaps_primary_is_that_psaps_line():
    lines = collect_lines(PSAPS)
    assert (lines[CRRA15_56].psap, lines[CRRA15_56].role) == ("CRRA15-56", "primary")
    assert lines[CRRA15_56].carrier == "birch"
    assert list(lines) == sorted(lines)


def test_an_own_second_line_has_its_own_carrier_where_one_is_given():
    psaps = change_psap("CTA18-29", secondary_carrier="birch")
    line = collect_lines(psaps)["+33261919018"]
    assert (line.psap, line.role, line.carrier) == ("CTA18-29", "secondary", "birch")
    assert collect_lines(PSAPS)["+33261919018"].carrier == "armor"
    assert collect_lines(PSAPS)["+33261919915"].role == "alternative"


def test_a_number_claimed_twice_belongs_to_the_first_id():
    psaps = change_psap("CTA18-29", primary=CRRA15_29)
    assert collect_lines(psaps)[CRRA15_29].psap == "CRRA15-29"


def test_a_row_with_one_target_is_followed_by_secondary_and_alternative_of_its_psap():
    lines = collect_lines(PSAPS)
    numbers, rules = order_lines((CRRA15_29,), lines, PSAPS)
    assert numbers == (CRRA15_29, CRRA15_56, "+33261919915")
    assert rules == ("primary", "secondary", "alternative")


def test_the_rows_own_targets_come_first_and_no_line_comes_twice():
    lines = collect_lines(PSAPS)
    numbers, rules = order_lines((CRRA15_29, CTA18_29, CRRA15_56), lines, PSAPS)
    assert numbers == (CRRA15_29, CTA18_29, CRRA15_56)
    assert rules == ("primary", "secondary", "secondary")
    numbers, _ = order_lines((CRRA15_29, CTA18_29), lines, PSAPS)
    assert numbers == (CRRA15_29, CTA18_29, CRRA15_56)
    assert len(numbers) == LINES_PER_ROUTE_MAX


def test_numbers_that_nobody_lists_are_left_out():
    lines = collect_lines(PSAPS)
    assert order_lines(("+33261910000",), lines, PSAPS) == ((), ())
    numbers, rules = order_lines(("+33261910000", CTA18_29), lines, PSAPS)
    assert (numbers[0], rules[0]) == (CTA18_29, "primary")


def test_near_numbers_are_suggested_with_their_psap():
    lines = collect_lines(PSAPS)
    assert suggest_numbers("+33261910016", lines) == (
        "+33261910018 (CTA18-29) or +33261910015 (CRRA15-29)"
    )
    assert suggest_numbers("112", lines) == ""
