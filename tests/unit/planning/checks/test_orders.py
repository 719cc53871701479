import pytest
from tests.support.plans import PSAPS, at, make_subject, messages

from route112.model import Order, OrderKind
from route112.planning.checks.orders import check_divert_circles, check_orders


def make_order(name, psap, to_psap="", **changes):
    values = {
        "id": name,
        "kind": OrderKind.DIVERT,
        "psap": psap,
        "to_psap": to_psap,
        "author": "duty officer",
        "reason": "works",
        "starts": at("2026-11-01T00:00:00Z"),
        "expires": at("2026-12-01T00:00:00Z"),
    }
    return Order(**(values | changes))


def check(*orders):
    return messages(check_orders(make_subject(orders=orders)))


def circles(*orders):
    return [
        message for _, _, message in messages(check_divert_circles(make_subject(orders=orders)))
    ]


def test_an_order_in_force_passes():
    assert check(make_order("works", "CTA18-29", "CTA18-56", short_number="18")) == []


def test_an_expired_order_is_a_warning():
    order = make_order("storm", "CTA18-29", "CTA18-56", expires=at("2026-11-15T12:00:00Z"))
    assert check(order) == [
        (
            "warning",
            "override-expired",
            "the override 'storm' of duty officer is over and does nothing",
        )
    ]


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        (
            {"psap": "CTA18-99"},
            "override-psap",
            "the override 'o' names the PSAP 'CTA18-99', which psaps.csv does not have",
        ),
        (
            {"to_psap": "CTA18-99"},
            "override-psap",
            "the override 'o' names the PSAP 'CTA18-99', which psaps.csv does not have",
        ),
        (
            {"short_number": "19"},
            "override-number",
            "the override 'o' names the short number '19', which profile.yaml lacks",
        ),
        ({"to_psap": ""}, "override-target", "the override 'o' diverts to no other PSAP"),
        ({"to_psap": "CTA18-29"}, "override-target", "the override 'o' diverts to no other PSAP"),
        (
            {"kind": OrderKind.ALTERNATIVE, "to_psap": ""},
            "override-target",
            "the override 'o' uses the alternative number of CTA18-29, which has none",
        ),
    ],
)
def test_an_order_that_names_what_does_not_exist_is_an_error(changes, code, message):
    order = make_order("o", **({"psap": "CTA18-29", "to_psap": "CTA18-56"} | changes))
    assert check(order) == [("error", code, message)]


def test_an_alternative_with_a_number_of_its_own_passes():
    order = make_order("o", "CTA18-29", kind=OrderKind.ALTERNATIVE, to_number="+33261919018")
    assert check(order, make_order("p", "CRRA15-29", kind=OrderKind.ALTERNATIVE)) == []


def test_a_number_that_nobody_lists_is_a_warning_that_says_which_way_it_takes():
    order = make_order("o", "CTA18-29", kind=OrderKind.ALTERNATIVE, to_number="+33261919999")
    assert check(order) == [
        (
            "warning",
            "override-unowned",
            (
                "the override 'o' rings +33261919999, which no answering point of psaps.csv lists; "
                "calls take the way to CTA18-29's primary number"
            ),
        )
    ]


@pytest.mark.parametrize(
    ("number", "code", "message"),
    [
        (
            "+15551234567",
            "outside-number-plan",
            "the target is a number of another country, not of +33",
        ),
        (
            "+332619100",
            "truncated-number",
            "the target is truncated: it has 9 digits where 10 are needed",
        ),
    ],
)
def test_a_number_outside_the_number_plan_is_an_error(number, code, message):
    order = make_order("o", "CTA18-29", kind=OrderKind.ALTERNATIVE, to_number=number)
    assert check(order) == [("error", code, f"the override 'o' names {number}: {message}")]


@pytest.mark.parametrize(
    ("order", "message"),
    [
        (
            make_order("o", "CTA18-29", "CRRA15-56"),
            "the override 'o' sends 18 to CRRA15-56, a CRRA15, which may not answer it",
        ),
        (
            make_order("o", "CRRA15-29", "CTA18-29", short_number="15"),
            "the override 'o' sends 15 to CTA18-29, a CTA18, which may not answer it",
        ),
        (
            make_order(
                "o", "CTA18-29", kind=OrderKind.ALTERNATIVE, to_number=PSAPS["CRRA15-56"].primary
            ),
            "the override 'o' sends 18 to CRRA15-56, a CRRA15, which may not answer it",
        ),
    ],
)
def test_a_helper_that_may_not_answer_is_an_error(order, message):
    assert check(order) == [("error", "wrong-kind", message)]


def test_a_helper_is_judged_by_the_numbers_that_the_order_covers_and_the_psap_serves():
    assert check(make_order("o", "CTA18-29", "CRRA15-29", short_number="112")) == []
    assert check(make_order("o", "CTA18-29", "CRRA15-29", short_number="15")) == []


def test_problems_name_the_file_of_the_override():
    order = make_order("o", "CTA18-29", "CTA18-99")
    files = {"o": "overrides/works.yaml"}
    (problem,) = check_orders(make_subject(orders=(order,), order_files=files))
    assert problem.file == "overrides/works.yaml"
    circle = (make_order("o", "CTA18-29", "CTA18-56"), make_order("p", "CTA18-56", "CTA18-29"))
    (problem,) = check_divert_circles(make_subject(orders=circle, order_files=files))
    assert problem.file == "overrides/works.yaml"


def test_diverts_in_a_circle_are_an_error_told_once():
    assert circles(
        make_order("a", "CTA18-29", "CTA18-56"),
        make_order("b", "CTA18-56", "CTA18-75"),
        make_order("c", "CTA18-75", "CTA18-29"),
    ) == [
        (
            "the overrides a, b, c divert in a circle: CTA18-29 -> CTA18-56 -> CTA18-75 -> CTA18-29; "
            "departements 29, 56, 75: 4 communes, 2,309,000 inhabitants"
        )
    ]


def test_a_way_into_a_circle_is_not_part_of_it():
    (message,) = circles(
        make_order("a", "CTA18-29", "CTA18-56"),
        make_order("b", "CTA18-56", "CTA18-75"),
        make_order("c", "CTA18-75", "CTA18-56"),
    )
    assert "the overrides b, c divert in a circle: CTA18-56 -> CTA18-75 -> CTA18-56" in message


def test_diverts_of_different_times_or_numbers_make_no_circle():
    back = make_order("b", "CTA18-56", "CTA18-29", starts=at("2026-12-01T00:00:00Z"))
    later = make_order(
        "b", "CTA18-56", "CTA18-29", starts=back.starts, expires=at("2027-01-01T00:00:00Z")
    )
    assert circles(make_order("a", "CTA18-29", "CTA18-56"), later) == []
    assert (
        circles(
            make_order("a", "CTA18-29", "CTA18-56", short_number="18"),
            make_order("b", "CTA18-56", "CTA18-29", short_number="112"),
        )
        == []
    )


def test_a_circle_that_was_is_none():
    over = make_order("a", "CTA18-29", "CTA18-56", expires=at("2026-11-10T00:00:00Z"))
    assert circles(over, make_order("b", "CTA18-56", "CTA18-29")) == []


def test_two_ways_that_meet_again_make_no_circle():
    assert (
        circles(
            make_order("a", "CTA18-29", "CTA18-56"),
            make_order("b", "CTA18-29", "CRRA15-56"),
            make_order("c", "CTA18-56", "CTA18-75"),
            make_order("d", "CRRA15-56", "CTA18-75"),
        )
        == []
    )
