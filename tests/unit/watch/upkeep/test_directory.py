"""Contacts and alternative numbers that nobody has confirmed for longer than the profile says."""

from dataclasses import replace

import pytest
from tests.support.plans import make_psap
from tests.support.workbooks import make_profile

from route112.model import Operator
from route112.watch.upkeep import directory
from route112.watch.upkeep.directory import DAY_US, EACH_MAX, list_unconfirmed

NOW_US = 20_780 * DAY_US
"""23 November 2026."""
PROFILE = replace(make_profile(), contact_days=90, alternative_days=30)
OPERATOR = Operator(
    id="bruyere", name="Bruyère", technologies=("mobile",), default_commune="",
    contact="night desk", contact_confirmed="2026-11-01",
)  # fmt: skip


def psap(id_="CRRA15-29", **values):
    usual = {
        "contact": "desk", "contact_confirmed": "2026-11-01",
        "alternative": "+33261910099", "alternative_confirmed": "2026-11-01",
    }  # fmt: skip
    return replace(make_psap(id_, "+33261910015"), **{**usual, **values})


def told(*psaps, operators=(OPERATOR,), profile=PROFILE, now_us=NOW_US):
    found = list_unconfirmed(profile, psaps, operators, now_us=now_us)
    return [(str(each.series), each.said) for each in found]


def test_what_was_confirmed_lately_is_not_told():
    assert told(psap()) == []
    assert told(psap(alternative="", alternative_confirmed="")) == []


def test_a_day_counts_to_its_end():
    last_us = NOW_US + 8 * DAY_US
    assert told(psap(), now_us=last_us + DAY_US - 1) == []
    assert told(psap(), now_us=last_us + DAY_US) == [
        (
            "PSAP CRRA15-29",
            (
                "alternative number of CRRA15-29 (+33261910099): last confirmed on 2026-11-01, which"
                " counts for 30 days"
            ),
        )
    ]


@pytest.mark.parametrize(
    ("confirmed", "said"),
    [
        ("", "nobody ever confirmed it"),
        ("2026-08-01", "last confirmed on 2026-08-01, which counts for 90 days"),
        ("2062-11-01", "confirmed on 2062-11-01, a day that has not come"),
    ],
)
def test_a_contact_that_nobody_confirmed(confirmed, said):
    assert told(psap(contact_confirmed=confirmed)) == [
        ("PSAP CRRA15-29", f"contact of CRRA15-29 (desk): {said}")
    ]


def test_an_operator_without_a_contact():
    operator = replace(OPERATOR, contact="", contact_confirmed="")
    assert told(operators=(operator,)) == [
        ("bruyere", "contact of bruyere (none is named): nobody ever confirmed it")
    ]


def test_the_profile_says_whether_anybody_has_to():
    nobody = replace(PROFILE, contact_days=0, alternative_days=0)
    assert told(psap(contact_confirmed="", alternative_confirmed=""), profile=nobody) == []


def test_many_that_lapse_together_are_one_finding():
    many = [psap(f"CRRA15-{code:02}", contact_confirmed="") for code in range(EACH_MAX)]
    assert len(told(*many)) == EACH_MAX
    many.append(psap("CTA18-29", contact_confirmed=""))
    (found,) = list_unconfirmed(PROFILE, many, (), now_us=NOW_US)
    assert (str(found.series), found.name, found.seen) == ("all calls", "contacts", EACH_MAX + 1)
    assert found.said == (
        f"contact of {EACH_MAX + 1} answering points and operators is not confirmed: CRRA15-00,"
        " CRRA15-01, CRRA15-02, CRRA15-03, CRRA15-04 and 6 more"
    )
    assert directory.NAMED_MAX == 5
