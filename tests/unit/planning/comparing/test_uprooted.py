from tests.support.plans import CRRA15_56, NOW, PSAPS, change_psap, usual_rows
from tests.unit.planning.test_impact import build

from route112.planning.comparing.uprooted import Uprooted, are_others, list_uprooted
from route112.planning.comparing.views import First


def find(before=None, **after):
    return list_uprooted(build(**(before or {})), build(generation=2, **after), at=NOW)


def send(*communes, number="15", to=CRRA15_56):
    """Have communes of Finistere ring another answering point; none are all of them."""
    return {
        "29": [
            (code, dialled, to if dialled == number and (not communes or code in communes) else n)
            for code, dialled, n in usual_rows("29")
        ]
    }


def test_equal_plans_uproot_nobody():
    assert find() == ()


def test_a_departement_whose_number_goes_to_another_answering_point_is_named():
    [found] = find(rows=send())
    assert found == Uprooted(
        departement="29", number="15", share=1.0, before=("CRRA15-29",), after=("CRRA15-56",)
    )
    assert str(found) == "15 of 29 (100%): CRRA15-29 becomes CRRA15-56"
    assert [each.before for each in find({"rows": send()})] == [("CRRA15-56",)]


def renumber(id_, number):
    """Have everybody who rang an answering point ring it at another number."""
    was = PSAPS[id_].primary
    rows = [(code, n, number if line == was else line) for code, n, line in usual_rows("29")]
    return {"rows": {"29": rows}, "psaps": change_psap(id_, primary=number)}


def test_the_right_answering_point_at_another_number_is_another_one():
    number = "+33261910098"
    [found] = find(**renumber("CRRA15-29", number))
    assert str(found) == (
        f"15 of 29 (100%): CRRA15-29 {PSAPS['CRRA15-29'].primary} becomes CRRA15-29 {number}"
    )


def test_who_is_rung_by_a_divert_is_known_by_name_alone():
    direct = {First("CRRA15-56", "+33261910056")}
    assert not are_others(direct, {First("CRRA15-56", "")})
    assert are_others(direct, {First("CRRA15-29", "")})


def test_less_than_half_of_a_departement_is_not_and_its_largest_city_is_more():
    assert find(rows=send("29103")) == ()
    [found] = find(rows=send("29019"))
    assert 0.5 < found.share < 1.0


def test_what_is_said_is_bounded():
    after = ("a", "b", "c", "d")
    text = Uprooted(departement="29", number="15", share=0.51, before=(), after=after)
    assert str(text) == "15 of 29 (51%): nobody becomes a, b, c"
