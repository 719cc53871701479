import json

import pytest
from tests.support.sources import PLAN_56, PROFILE, write_sources

from route112.apps.plan.diff import NAMES_SHOWN_MAX, shorten


@pytest.fixture
def changed(run, sources, built, tmp_path):
    profile = PROFILE.replace('"18": CTA18-29', '"18": CTA18-56')
    plan = PLAN_56.replace("56.18", "00.18")
    write_sources(sources, **{"pdaau/PDAAU_56.csv": plan, "profile.yaml": profile})
    path = tmp_path / "changed.r112"
    assert run("build", sources, "-o", path, "--generation", 2).exit_code == 0
    return path


def test_a_change_above_the_share_is_refused_until_accepted(run, built, changed):
    result = run("diff", built, changed)
    assert result.exit_code == 1
    assert "Generation 1 to 2: 1 communes and 54,000 of 209,000 inhabitants" in result.output
    assert "CTA18-56" in result.output
    assert "Defaults changed: national/18" in result.output
    assert "25.84% of the population changes, more than the 5.00% allowed" in result.output
    assert run("diff", built, changed, "--accept-impact").exit_code == 0
    assert run("diff", built, changed, "--impact-max", "26").exit_code == 0


def test_json_has_the_share_and_the_same_exit_code(run, built, changed):
    result = run("diff", built, changed, "--json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["share"] == pytest.approx(54 / 209)
    assert report["numbers"][0]["number"] == "18"


def test_equal_snapshots_differ_in_nothing(run, built):
    result = run("diff", built, built, "--impact-max", "0%")
    assert result.exit_code == 0
    assert "0 communes and 0 of 209,000" in result.output


def test_long_lists_are_cut():
    assert shorten(tuple("ab")) == "a, b"
    assert shorten(("x",) * (NAMES_SHOWN_MAX + 2)).endswith("x and 2 more")
