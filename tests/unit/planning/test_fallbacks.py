from tests.support.plans import PROFILE, PSAPS, SHORTS, make_plan, make_psap

from route112.planning.fallbacks import NEIGHBOURS_MAX, PSAP_ID, Fallbacks, rank_id

FINISTERE = PROFILE.find_departement("29")


def test_ids_are_kind_departement_and_a_number():
    assert PSAP_ID.fullmatch("CTA18-2A-2").groups() == ("CTA18", "2A", "2")
    for wrong in ("CTA18", "cta18-29", "CTA18-29-0", "CTA18-29-1-2", "CTA18_29"):
        assert not PSAP_ID.fullmatch(wrong)


def test_the_tenth_of_a_kind_follows_the_ninth():
    ids = ["CTA18-29-10", "CTA18-29-9", "CTA18-29"]
    assert sorted(ids, key=rank_id) == ["CTA18-29", "CTA18-29-9", "CTA18-29-10"]
    assert rank_id("odd") == ("odd", 0)


def test_the_default_is_the_first_psap_of_the_first_kind_that_exists():
    fallbacks = Fallbacks(make_plan())
    assert fallbacks.find_default("29", SHORTS[2]) == "CTA18-29"
    without = {name: psap for name, psap in PSAPS.items() if name != "CTA18-29"}
    assert Fallbacks(make_plan(psaps=without)).find_default("29", SHORTS[2]) == "CRRA15-29"
    assert Fallbacks(make_plan(psaps={})).find_default("29", SHORTS[2]) is None


def test_neighbours_are_the_nearest_departements_that_have_one():
    fallbacks = Fallbacks(make_plan())
    assert fallbacks.list_neighbours(FINISTERE, SHORTS[0]) == ("CRRA15-56", "CRRA15-75")
    without = {name: psap for name, psap in PSAPS.items() if name != "CRRA15-56"}
    near = Fallbacks(make_plan(psaps=without)).list_neighbours(FINISTERE, SHORTS[0])
    assert near == ("CRRA15-75",)
    second = PSAPS | {"CRRA15-56-2": make_psap("CRRA15-56-2", "+33261915625")}
    near = Fallbacks(make_plan(psaps=second)).list_neighbours(FINISTERE, SHORTS[0])
    assert len(near) == NEIGHBOURS_MAX
