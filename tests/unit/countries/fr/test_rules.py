from route112.countries.fr.ground import load_ground
from route112.countries.fr.intent import DAY, NIGHT, WEEKDAY, Variant
from route112.countries.fr.layouts import POLICE_POPULATION_MIN, find_layout
from route112.countries.fr.national import SHORT_NUMBERS
from route112.countries.fr.rules import STREETS, build_intent

NUMBERS = [short.number for short in SHORT_NUMBERS]


def ask(intent, commune, number):
    return intent.answers[commune][NUMBERS.index(number)]


def first(intent, commune, number):
    (variant,) = ask(intent, commune, number)
    return variant.psaps[0]


def test_the_intent_is_the_same_twice(intent):
    again = build_intent(load_ground())

    assert again.answers == intent.answers
    assert again.psaps == intent.psaps


def test_brest(intent):
    assert first(intent, "29019", "15") == "CRRA15-29"
    assert first(intent, "29019", "17") == "CIC17-29"
    assert first(intent, "29019", "18") == "CTA18-29"
    assert first(intent, "29019", "112") == "CTA18-29"
    assert first(intent, "29019", "196") == "CROSS196-29"
    assert first(intent, "29019", "116117") == "PDS116117-35"


def test_police_in_towns_gendarmerie_elsewhere(intent):
    for commune in intent.ground.list_communes("29"):
        town = commune.population >= POLICE_POPULATION_MIN
        assert first(intent, commune.code, "17") == ("CIC17-29" if town else "CORG17-29")
    assert first(intent, "55545", "17") == "CORG17-55"


def test_112_rings_where_the_layout_says(intent):
    assert first(intent, "14118", "112") == "CRRA15-14"
    assert first(intent, "73065", "112") == first(intent, "73065", "15") == "PFC1518-73"
    assert first(intent, "97502", "112") == "CORG17-975"


def test_one_brigade_for_paris_and_its_ring(intent):
    for commune in intent.ground.communes:
        if commune.departement in ("75", "92", "93", "94"):
            assert first(intent, commune.code, "18") == "CTA18-75"
            assert first(intent, commune.code, "15") == f"CRRA15-{commune.departement}"


def test_marseille_has_a_brigade_of_its_own(intent):
    assert first(intent, "13055", "18") == first(intent, "13201", "18") == "CTA18-13-2"
    assert first(intent, "13001", "18") == "CTA18-13"


def test_two_fire_centres_share_a_departement_and_a_commune(intent):
    answers = {ask(intent, c.code, "18") for c in intent.ground.list_communes("59")}
    plain = {answer[0].psaps[0] for answer in answers if len(answer) == 1}
    (cut,) = [answer for answer in answers if len(answer) == 2]

    assert plain == {"CTA18-59", "CTA18-59-2"}
    assert cut[0].psaps == ("CTA18-59-2",)
    assert cut[0].part.ring[0] == cut[0].part.ring[-1]
    assert cut[1] == Variant(("CTA18-59",))


def test_two_samu_share_nights(intent):
    answers = {ask(intent, c.code, "15") for c in intent.ground.list_communes("64")}

    assert answers == {
        (Variant(("CRRA15-64",)),),
        (Variant(("CRRA15-64-2",), DAY), Variant(("CRRA15-64",), NIGHT)),
    }


def test_night_calls_go_to_a_neighbour_that_is_open_at_night(intent):
    night, own = ask(intent, "48095", "15")

    assert night.opening == NIGHT
    assert night.psaps[0].startswith("CRRA15-")
    assert own == Variant(("CRRA15-48",))
    helper = night.psaps[0].split("-")[1]
    assert find_layout(helper).samu != "night-neighbour"


def test_social_emergencies_are_own_on_weekdays_only(intent):
    weekday, else_ = ask(intent, "03190", "115")

    assert (weekday.psaps, weekday.opening) == (("SIAO115-03",), WEEKDAY)
    assert else_.opening is None
    assert else_.psaps[0] != "SIAO115-03"


def test_a_prefectures_streets_belong_to_the_gendarmerie(intent):
    streets, rest = ask(intent, "35238", "17")

    assert (streets.psaps, streets.part.streets) == (("CORG17-35",), STREETS)
    assert rest == Variant(("CIC17-35",))


def test_lyon_has_two_police_centres(intent):
    assert first(intent, "69123", "17") == first(intent, "69381", "17") == "CIC17-69"
    assert first(intent, "69389", "17") == "CIC17-69-2"


def test_plans_may_name_second_and_third_targets(intent):
    (named,) = ask(intent, "44109", "18")

    assert named.psaps[:2] == ("CTA18-44", "CODIS18-44")
    assert named.psaps[2].startswith("CTA18-")
    assert len(ask(intent, "35238", "18")[0].psaps) == 2


def test_territories_without_people_borrow_everything(intent):
    assert first(intent, "98412", "15") == "CRRA15-974"
    assert first(intent, "98901", "112") == "CORG17-987"
    assert first(intent, "98901", "115") == "SIAO115-974"


def test_inland_departements_have_the_nearest_cross(intent):
    assert first(intent, "2A004", "196") == first(intent, "2B033", "196") == "CROSS196-2A"
    assert first(intent, "63113", "196").startswith("CROSS196-")
    assert first(intent, "97105", "196") == "CROSS196-972"


def test_national_numbers_ring_at_one_centre(intent):
    for number, centre in (("114", "CN114-63"), ("119", "CN119-72"), ("197", "CN197-78")):
        at = NUMBERS.index(number)
        assert {answers[at] for answers in intent.answers.values()} == {(Variant((centre,)),)}
