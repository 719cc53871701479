from tests.support.plans import (
    CRRA15_29,
    CRRA15_56,
    CTA18_29,
    CTA18_56,
    PSAPS,
    change_psap,
    make_psap,
    make_subject,
    messages,
)

from route112.planning.checks.psaps import (
    IDS_NAMED_MAX,
    check_ids,
    check_loops,
    check_shared_fate,
    check_shared_numbers,
    check_unused,
    name_psaps,
)


def test_a_sound_plan_passes():
    subject = make_subject()
    for check in (check_ids, check_shared_numbers, check_loops, check_unused):
        assert list(check(subject)) == []


def test_an_id_that_is_not_kind_and_departement_is_an_error():
    odd = make_psap("CTA18-29-2", "+33261910028", id="CTA18_29", row=9)
    (problem,) = check_ids(make_subject(psaps=PSAPS | {"CTA18_29": odd}))
    assert str(problem) == (
        "error: psaps.csv:9 id 'CTA18_29': the id 'CTA18_29' of a CTA18 in departement 29 is not "
        "CTA18-29 or CTA18-29-2. Write the id as KIND-DEPARTEMENT, with -2, -3 and so on for "
        "further ones."
    )


def test_an_id_that_contradicts_its_row_is_an_error():
    problems = check_ids(make_subject(psaps=change_psap("CTA18-29", departement="56")))
    assert [problem.value for problem in problems] == ["CTA18-29"]


def test_one_number_of_two_psaps_is_an_error():
    subject = make_subject(psaps=change_psap("CRRA15-56", alternative=CTA18_56))
    assert messages(check_shared_numbers(subject)) == [
        (
            "error",
            "number-shared",
            (
                "+33261915618 is listed by CRRA15-56, CTA18-56: a call to one would ring at another; "
                "departement 56: 1 commune, 54,000 inhabitants"
            ),
        )
    ]


def test_one_second_line_of_two_psaps_is_an_error_but_a_common_helper_is_not():
    psaps = change_psap("CRRA15-56", secondary="+33261919018")
    assert len(list(check_shared_numbers(make_subject(psaps=psaps)))) == 1
    helped = change_psap("CTA18-29", secondary=CTA18_56)
    helped["CRRA15-75"] = change_psap("CRRA15-75", secondary=CRRA15_56)["CRRA15-75"]
    assert list(check_shared_numbers(make_subject(psaps=helped))) == []


def test_a_psap_that_is_its_own_secondary_loops():
    psaps = change_psap("CTA18-29", secondary=CTA18_29)
    assert messages(check_loops(make_subject(psaps=psaps))) == [
        (
            "error",
            "secondary-loop",
            (
                "the secondaries lead in a circle (CTA18-29 -> CTA18-29) and none of them has an "
                "alternative; departement 29: 2 communes, 155,000 inhabitants"
            ),
        )
    ]


def test_two_psaps_that_only_have_each_other_loop_and_are_told_once():
    psaps = change_psap("CTA18-29", secondary=CTA18_56)
    psaps["CTA18-56"] = change_psap("CTA18-56", secondary=CTA18_29)["CTA18-56"]
    (problem,) = check_loops(make_subject(psaps=psaps))
    assert "CTA18-29 -> CTA18-56 -> CTA18-29" in problem.message


def test_an_alternative_on_the_way_breaks_the_circle():
    psaps = change_psap("CRRA15-56", secondary=CRRA15_29)
    assert list(check_loops(make_subject(psaps=psaps))) == []


def test_a_chain_into_a_circle_is_not_part_of_it():
    psaps = change_psap("CTA18-29", secondary=CTA18_56)
    psaps["CTA18-56"] = change_psap("CTA18-56", secondary="+33199007518")["CTA18-56"]
    psaps["CTA18-75"] = change_psap("CTA18-75", secondary=CTA18_56)["CTA18-75"]
    (problem,) = check_loops(make_subject(psaps=psaps))
    assert "(CTA18-56 -> CTA18-75 -> CTA18-56)" in problem.message


def test_second_lines_in_the_same_house_are_told_together():
    problems = list(check_shared_fate(make_subject()))
    assert messages(problems)[-1] == (
        "warning",
        "secondary-same-building",
        (
            "the secondary of CTA18-29 is a second line of its own, in the same building; "
            "departement 29: 2 communes, 155,000 inhabitants"
        ),
    )


def test_a_helper_with_the_same_carrier_and_building_shares_the_fate():
    psaps = change_psap("CRRA15-56", carrier="armor", building="house of CRRA15-29")
    problems = list(check_shared_fate(make_subject(psaps=psaps)))
    assert messages(problems)[0] == (
        "warning",
        "secondary-shares-fate",
        (
            "the secondary of CRRA15-29 has the same carrier armor and the same building house of "
            "CRRA15-29 as its primary; departement 29: 2 communes, 155,000 inhabitants"
        ),
    )


def test_a_helper_elsewhere_with_another_carrier_is_fine():
    psaps = change_psap("CTA18-29", secondary_carrier="birch", secondary="")
    assert list(check_shared_fate(make_subject(psaps=psaps))) == []


def test_a_psap_that_nothing_rings_is_told():
    psaps = PSAPS | {"CTA18-29-2": make_psap("CTA18-29-2", "+33261910028", row=9)}
    (problem,) = check_unused(make_subject(psaps=psaps))
    assert (problem.severity, problem.code, problem.row) == ("warning", "psap-unused", 9)
    assert problem.message == "no row of any plan rings CTA18-29-2 (CTA18-29-2 (fictif))"


def test_a_long_list_of_psaps_is_cut():
    assert name_psaps(["A"] * (IDS_NAMED_MAX + 2)).endswith(" and 2 more")
