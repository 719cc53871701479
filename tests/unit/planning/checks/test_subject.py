from tests.support.plans import CRRA15_29, NUMBERS, make_subject, usual_rows

from route112.planning.checks.subject import report_error, report_warning
from route112.snapshot.content import NONE


def test_callers_of_a_psap_are_the_people_whose_calls_ring_there_first():
    subject = make_subject()
    assert str(subject.count_callers(["CRRA15-29"])) == (
        "departement 29: 2 communes, 155,000 inhabitants"
    )
    assert subject.count_callers(["CRRA15-29", "CTA18-29"]).communes == 2
    assert subject.count_callers(["CRRA15-99"]).inhabitants == 0


def test_keys_are_found_by_route():
    subject = make_subject(rows={"29": usual_rows("29")[:3]})
    assert subject.find_keys({NONE}) == {NONE: [3, 4, 5]}
    assert subject.find_keys(set()) == {}


def test_a_key_tells_its_row_unless_it_is_inherited():
    subject = make_subject()
    place = {"file": "pdaau/PDAAU_29.csv", "sheet": "", "row": 3}
    assert subject.place_key(1) == place
    assert subject.place_key(4 * len(NUMBERS)) == {}


def test_problems_carry_their_place():
    error = report_error("code", "what", "how", file="f", row=3, value=CRRA15_29)
    assert str(error) == "error: f:3 '+33261910015': what. How."
    assert report_warning("code", "what", "how").severity == "warning"


def test_a_psap_serves_the_numbers_of_all_routes_that_it_stands_on():
    served = make_subject().served
    assert served["CTA18-29"] == {"18", "112"}
    assert served["CRRA15-56"] == {"15"}
    assert "CRRA15-99" not in served
