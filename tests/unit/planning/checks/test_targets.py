from tests.support.plans import CRRA15_29, CTA18_29, make_subject, messages, usual_rows

from route112.planning.checks.targets import check_kinds, check_missing_targets


def test_a_sound_plan_passes():
    subject = make_subject()
    assert list(check_missing_targets(subject)) == []
    assert list(check_kinds(subject)) == []


def test_a_target_that_nobody_lists_is_named_with_its_row_and_what_it_may_mean():
    rows = usual_rows("29")
    rows[0] = ("29019", "15", "+33261910051")
    (problem,) = check_missing_targets(make_subject(rows={"29": rows}))
    assert str(problem) == (
        "error: pdaau/PDAAU_29.csv:2 '+33261910051': no answering point of psaps.csv lists "
        "+33261910051. Did you mean +33261910018 (CTA18-29) or +33261910015 (CRRA15-29)? Mend "
        "the number, or add it to psaps.csv."
    )


def test_a_wrong_target_of_many_rows_is_told_once_with_their_count():
    rows = [(code, number, "+33639980000") for code, number, _ in usual_rows("29")]
    (problem,) = check_missing_targets(make_subject(rows={"29": rows}))
    assert problem.message == (
        "no answering point of psaps.csv lists +33639980000 (6 rows, this is the first)"
    )
    assert problem.remedy == "Mend the number, or add it to psaps.csv"


def test_a_secondary_target_counts_too():
    rows = [("29019", "15", (CRRA15_29, "+33639980000"))]
    assert len(list(check_missing_targets(make_subject(rows={"29": rows})))) == 1


def test_a_number_sent_to_a_kind_that_may_not_answer_it_is_an_error():
    rows = usual_rows("29")
    rows[0] = ("29019", "15", CTA18_29)
    rows[3] = ("29103", "15", CTA18_29)
    problems = list(check_kinds(make_subject(rows={"29": rows})))
    assert messages(problems) == [
        (
            "error",
            "wrong-kind",
            "15 goes to CTA18-29, a CTA18, which may not answer it (2 rows, this is the first)",
        )
    ]
    assert (problems[0].file, problems[0].row) == ("pdaau/PDAAU_29.csv", 2)


def test_a_number_that_two_kinds_may_answer_goes_to_either():
    rows = usual_rows("29")
    rows[2] = ("29019", "112", CRRA15_29)
    assert list(check_kinds(make_subject(rows={"29": rows}))) == []
