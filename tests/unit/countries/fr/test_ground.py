import zoneinfo

from route112.countries.fr.ground import find_home, load_ground

GROUND = load_ground()
BY_CODE = {commune.code: commune for commune in GROUND.communes}
DEPARTEMENTS = {departement.code: departement for departement in GROUND.departements}


def test_every_departement_has_a_zone_a_clock_and_a_neighbour():
    assert len(DEPARTEMENTS) == 109
    for departement in GROUND.departements:
        assert departement.zone
        assert zoneinfo.ZoneInfo(departement.timezone)
        assert departement.neighbours, departement.code
        assert departement.code not in departement.neighbours
        assert set(departement.neighbours) <= set(DEPARTEMENTS)


def test_the_mainland_has_seven_zones_and_one_clock():
    mainland = [d for d in GROUND.departements if len(d.code) == 2]

    assert len(mainland) == 96
    assert {d.zone for d in mainland} == {
        "paris", "nord", "ouest", "sud-ouest", "sud", "sud-est", "est",
    }  # fmt: skip
    assert {d.timezone for d in mainland} == {"Europe/Paris"}


def test_overseas_clocks_are_their_own():
    assert DEPARTEMENTS["974"].timezone == "Indian/Reunion"
    assert DEPARTEMENTS["971"].timezone == "America/Guadeloupe"
    assert DEPARTEMENTS["988"].timezone == "Pacific/Noumea"
    assert DEPARTEMENTS["971"].neighbours[0] == "972"


def test_neighbours_are_those_of_the_map():
    assert set(DEPARTEMENTS["29"].neighbours) == {"22", "56"}
    assert DEPARTEMENTS["2A"].neighbours == ("2B",)
    assert set(DEPARTEMENTS["75"].neighbours) >= {"92", "93", "94"}


def test_population_is_counted_once():
    assert BY_CODE["75056"].population == 2_103_778
    assert BY_CODE["75101"].population == 0
    assert sum(c.population for c in GROUND.communes) < 70_000_000


def test_an_arrondissement_is_at_home_in_its_city():
    assert find_home(BY_CODE["69386"]) == "69123"
    assert find_home(BY_CODE["29019"]) == "29019"


def test_the_centre_of_a_departement_lies_in_it():
    lon, lat = GROUND.find_centre("29")

    assert -5.2 < lon < -3.3
    assert 47.7 < lat < 48.8
    assert GROUND.find_centre("984") is None


def test_former_codes_are_listed_by_todays():
    assert GROUND.former["01033"] == ("01018", "01091", "01126", "01205", "01278", "01458")
    assert "01002" not in GROUND.former
