from dataclasses import replace

import pytest
from tests.support.plans import (
    CRRA15_29,
    CRRA15_56,
    DAY,
    NIGHT,
    PROFILE,
    PSAPS,
    at,
    change_psap,
    make_subject,
    messages,
    usual_rows,
)

from route112.model import Order, OrderKind
from route112.planning.checks import check_plan
from route112.planning.checks.others import check_ordered_lines, check_others

UNLISTED = "+33261919099"
SECOND = "+33261919016"
"""A second line of CRRA15-29 itself; with its alternative these are three."""
END = "when it is out as a whole, these calls reach no answering point"
THREE = change_psap("CRRA15-29", secondary=SECOND)


def with_neighbours(**neighbours):
    """Replace neighbours of departements; nobody has any else."""
    changed = [
        replace(each, neighbours=neighbours.get(f"d{each.code}", ()))
        for each in PROFILE.departements
    ]
    return replace(PROFILE, departements=tuple(changed))


def find(subject):
    return [(problem.value, problem.message) for problem in check_others(subject)]


def test_a_capital_that_is_everybodys_default_has_nobody_behind_it():
    subject = make_subject()
    paris = "departement 75: 1 commune, 2,100,000 inhabitants"
    assert messages(check_others(subject)) == [
        (
            "warning",
            "nobody-behind",
            f"nobody stands behind {psap} for {numbers}: {END}; {paris}",
        )
        for psap, numbers in (("CRRA15-75", "15"), ("CTA18-75", "18, 112"))
    ]
    (problem, _) = check_others(subject)
    assert (problem.file, problem.row) == ("psaps.csv", PSAPS["CRRA15-75"].row)
    assert "nobody-behind" in {problem.code for problem in check_plan(subject)}


def test_a_neighbour_or_a_helper_is_somebody():
    profile = with_neighbours(d75=("56",))
    assert find(make_subject(profile=profile)) == []
    (problem,) = find(make_subject(psaps=change_psap("CRRA15-75", secondary=CRRA15_29)))
    assert problem[0] == "CTA18-75"


def test_another_national_default_is_somebody():
    defaults = {"15": "CRRA15-56", "18": "CTA18-56", "112": "CTA18-56"}
    profile = replace(with_neighbours(), national_defaults=defaults)
    alone = ["CRRA15-56", "CTA18-56"]
    assert [psap for psap, _ in find(make_subject(profile=profile))] == alone


def test_an_own_second_line_is_nobody_else():
    profile = with_neighbours(d29=("56",))
    psaps = change_psap("CRRA15-75", secondary=SECOND, alternative="+33261919017")
    assert [psap for psap, _ in find(make_subject(profile=profile, psaps=psaps))] == [
        "CRRA15-75",
        "CTA18-75",
    ]


def test_each_hour_counts():
    rows = [row for row in usual_rows("75") if row[1] != "15"]
    paris = PSAPS["CRRA15-75"].primary
    rows += [("75056", "15", (paris, CRRA15_56), DAY), ("75056", "15", paris, NIGHT)]
    assert "CRRA15-75" in dict(find(make_subject(rows={"75": rows})))
    rows[-1] = ("75056", "15", (paris, CRRA15_29), NIGHT)
    assert "CRRA15-75" not in dict(find(make_subject(rows={"75": rows})))


def test_keys_of_a_departement_without_a_profile_are_left_to_another_check():
    profile = replace(PROFILE, departements=PROFILE.departements[:2])
    assert find(make_subject(profile=profile)) == []


def make_order(**changes):
    values = {
        "id": "storm",
        "kind": OrderKind.ALTERNATIVE,
        "psap": "CRRA15-29",
        "to_number": UNLISTED,
        "author": "duty officer",
        "reason": "works",
        "starts": at("2026-11-01T00:00:00Z"),
        "expires": at("2026-12-01T00:00:00Z"),
    }
    return Order(**(values | changes))


def test_an_unlisted_number_in_front_of_three_lines_of_one_psap_leaves_no_target_for_others():
    (problem,) = check_ordered_lines(make_subject(psaps=THREE, orders=(make_order(),)))
    assert (problem.severity, problem.code) == ("warning", "override-leaves-nobody")
    assert problem.message == (
        f"the override 'storm' puts {UNLISTED} in front of three lines of CRRA15-29, which are "
        "all targets that a call has: when CRRA15-29 is out and nobody answers there, nobody "
        "else is tried"
    )
    assert (problem.file, problem.value) == ("overrides", "storm")


@pytest.mark.parametrize(
    ("changes", "psaps"),
    [
        ({}, PSAPS),
        ({"to_number": SECOND}, THREE),
        ({"to_number": ""}, THREE),
        ({"psap": "CRRA15-56"}, THREE),
        ({"kind": OrderKind.DIVERT, "to_psap": "CRRA15-56", "to_number": ""}, THREE),
        ({"expires": at("2026-11-14T00:00:00Z")}, THREE),
    ],
)
def test_other_orders_leave_room_for_somebody_else(changes, psaps):
    orders = (make_order(**changes),)
    assert list(check_ordered_lines(make_subject(psaps=psaps, orders=orders))) == []
