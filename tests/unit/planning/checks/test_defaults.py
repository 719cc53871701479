from dataclasses import replace

from tests.support.plans import NOW, PROFILE, make_subject, messages

from route112.planning.checks import check_plan
from route112.planning.checks.defaults import check_national, check_timezones, check_validity


def with_national(**defaults):
    changed = {**PROFILE.national_defaults, **{k.strip("n"): v for k, v in defaults.items()}}
    return make_subject(profile=replace(PROFILE, national_defaults=changed))


def test_a_sound_plan_passes():
    for check in (check_national, check_timezones):
        assert list(check(make_subject())) == []


def test_a_number_without_a_national_default_is_an_error():
    subject = make_subject(
        profile=replace(PROFILE, national_defaults={"15": "CRRA15-75", "18": "CTA18-75"})
    )
    (problem,) = check_national(subject)
    assert problem.column == "national_defaults.112"
    assert problem.message == (
        "112 has no national default; a call to it that nothing else can place would ring nowhere"
    )
    assert problem.remedy == "Name a PSAP of kind CTA18 or CRRA15 in national_defaults"


def test_a_national_default_must_exist_and_be_of_a_kind_that_may_answer():
    (unknown,) = check_national(with_national(n15="CRRA15-99"))
    assert "the national default CRRA15-99 of 15 is not in psaps.csv" in unknown.message
    (wrong,) = check_national(with_national(n15="CTA18-75"))
    assert "the national default CTA18-75 of 15 is a CTA18" in wrong.message


def test_the_default_number_is_one_of_the_numbers():
    (problem,) = check_national(make_subject(profile=replace(PROFILE, default_number="911")))
    assert problem.code == "default-number"


def test_a_time_zone_that_does_not_exist_is_an_error():
    odd = replace(PROFILE.departements[0], timezone="Europe/Brest")
    profile = replace(PROFILE, departements=(odd, *PROFILE.departements[1:]))
    (problem,) = check_timezones(make_subject(profile=profile))
    assert problem.message == "the time zone 'Europe/Brest' of departement 29 does not exist"


def test_communes_of_a_departement_that_the_profile_lacks_are_an_error():
    profile = replace(PROFILE, departements=PROFILE.departements[:2])
    (problem,) = check_timezones(make_subject(profile=profile))
    assert problem.message == (
        "profile.yaml lacks departement '75', where communes lie: "
        "departement 75: 1 commune, 2,100,000 inhabitants"
    )


def test_an_edition_that_has_ended_is_a_warning():
    assert list(check_validity(make_subject())) == []
    over = replace(PROFILE, valid_until=NOW)
    (problem,) = check_validity(make_subject(profile=over))
    assert (problem.file, problem.column) == ("profile.yaml", "valid_until")
    assert messages([problem]) == [
        (
            "warning",
            "validity-over",
            (
                "the edition's period of validity is over; sites route by it and mark each call "
                "degraded"
            ),
        )
    ]
    assert "validity-over" in {found.code for found in check_plan(make_subject(profile=over))}
