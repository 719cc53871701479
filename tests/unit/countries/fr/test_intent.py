from route112.countries.fr.intent import DAY, NIGHT, WEEKDAY, Opening


def test_day_and_night_meet_without_a_gap():
    assert (DAY.opens_h, DAY.closes_h) == (NIGHT.closes_h, NIGHT.opens_h)
    assert DAY.days == NIGHT.days == "1234567"


def test_equal_hours_are_the_same_condition():
    assert Opening("12345", 8, 20) == WEEKDAY
    assert len({Opening("12345", 8, 20), WEEKDAY, DAY}) == 2


def test_every_commune_has_an_answer_to_every_number(intent):
    assert len(intent.answers) == 35_014
    assert {len(answers) for answers in intent.answers.values()} == {13}


def test_every_answer_names_centres_that_exist(intent):
    answers = {answer for answers in intent.answers.values() for answer in answers}
    named = {psap for answer in answers for variant in answer for psap in variant.psaps}

    assert named <= set(intent.psaps)
    assert all(1 <= len(variant.psaps) <= 3 for answer in answers for variant in answer)
