from pathlib import Path

import pytest
from tests.support.sources import COMMUNES, PROFILE, PSAPS, write_sources

from route112.apps._console import Failure
from route112.apps.plan.sources import check_sources, choose_cache


def codes(checked):
    return [problem.code for problem in checked.problems if problem.severity == "error"]


def test_a_sound_folder_gives_a_plan_and_its_routes(sources, tmp_path):
    checked = check_sources(sources, cache=tmp_path / "cache")
    assert not checked.refused
    assert checked.parsed == 2
    assert len(checked.subject.resolution.mapping_route) == 6
    assert check_sources(sources, cache=tmp_path / "cache").parsed == 0


def test_a_changed_profile_or_table_of_communes_parses_everything_again(sources, tmp_path):
    check_sources(sources, cache=tmp_path / "cache")
    write_sources(sources, **{"profile.yaml": PROFILE + "\n"})
    assert check_sources(sources, cache=tmp_path / "cache").parsed == 2
    write_sources(sources, **{"communes.csv": COMMUNES.replace("139000", "139001")})
    assert check_sources(sources, cache=tmp_path / "cache").parsed == 2


def test_changed_answering_points_parse_no_plan_again(sources, tmp_path):
    check_sources(sources, cache=tmp_path / "cache")
    write_sources(sources, **{"psaps.csv": PSAPS.replace("SAMU 29", "SAMU du 29")})
    assert check_sources(sources, cache=tmp_path / "cache").parsed == 0


def test_wrong_settings_are_told_without_a_storm_of_what_follows(sources):
    write_sources(sources, **{"psaps.csv": PSAPS.replace("0261910018", "18")})
    checked = check_sources(sources, cache=None)
    assert checked.refused
    assert checked.subject is None
    assert "target-missing" not in codes(checked)
    assert len(checked.files) == 2


def test_a_folder_without_settings_is_refused(sources):
    (sources / "trunks.yaml").unlink()
    assert codes(check_sources(sources, cache=None)) == ["source-missing"]


def test_a_profile_without_meaning_ends_the_reading(sources):
    write_sources(sources, **{"profile.yaml": "country: ["})
    checked = check_sources(sources, cache=None)
    assert checked.files == ()
    assert checked.refused


def test_an_unknown_builtin_country_is_refused(sources):
    write_sources(sources, **{"profile.yaml": PROFILE.replace("communes.csv", "builtin:xx")})
    assert codes(check_sources(sources, cache=None)) == ["communes-missing"]


def test_a_missing_folder_cannot_be_read(tmp_path):
    with pytest.raises(Failure, match="is not a folder"):
        check_sources(tmp_path / "nowhere", cache=None)


def test_a_cache_that_others_write_into_is_not_used(sources, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache").chmod(0o777)
    with pytest.raises(Failure, match="others may write into"):
        check_sources(sources, cache=tmp_path / "cache")


def test_the_cache_is_chosen_by_options(tmp_path):
    assert choose_cache(Path("x"), off=False) == Path("x")
    assert choose_cache(Path("x"), off=True) is None
    assert choose_cache(None, off=False) == tmp_path / "cache-home" / "route112"


@pytest.mark.parametrize("name", ["pdaau/PDAAU_29.csv", "overrides/works.yaml", "psaps.csv"])
def test_a_source_that_is_a_link_out_of_the_folder_is_named(sources, tmp_path, name):
    (tmp_path / "elsewhere").write_text("x")
    (sources / name).parent.mkdir(exist_ok=True)
    (sources / name).unlink(missing_ok=True)
    (sources / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Failure, match=f"{name} leads outside"):
        check_sources(sources, cache=None)


def test_a_linked_folder_of_overrides_is_an_error(sources, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (sources / "overrides").symlink_to(tmp_path / "elsewhere")
    (problem,) = check_sources(sources, cache=None).problems[:1]
    assert (problem.code, problem.file) == ("unknown-source", "overrides")
    assert problem.message == "overrides/ takes only .yaml files, in no other or linked folder"
