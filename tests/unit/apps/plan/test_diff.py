import json

import pytest
from tests.support.sources import OPERATOR, PLAN_56, PROFILE, TRUNKS, write_sources

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


OVERRIDE = """\
orders:
  - {id: works, kind: divert, psap: CTA18-29, to_psap: CTA18-56, author: a, reason: r,
     starts: 2026-11-05T00:00:00Z, expires: 2027-12-01T00:00:00Z}
"""


def test_an_override_is_held_to_the_share_and_shown(run, sources, built, tmp_path):
    write_sources(sources, **{"overrides/works.yaml": OVERRIDE})
    path = tmp_path / "second.r112"
    held = run("build", sources, "-o", path, "--parent", built)
    assert held.exit_code == 1
    assert "2 communes and 155,000 of 209,000 inhabitants (74.16%) ring elsewhere" in held.output
    assert "Orders changed: works" in held.output
    assert not path.exists()
    assert run("build", sources, "-o", path, "--parent", built, "--accept-impact").exit_code == 0
    assert run("diff", built, path).exit_code == 1
    over = run("diff", built, path, "--at", "2027-12-01T00:00:00Z")
    assert over.exit_code == 0
    assert "0 communes and 0 of 209,000" in over.output


def test_other_hops_are_held_to_the_share_and_shown(run, sources, built, tmp_path):
    changes = {
        "trunks.yaml": TRUNKS.replace("127.0.4.1", "127.0.4.9"),
        "operators/bruyere.yaml": OPERATOR + 'sources: ["192.0.2.0/24"]\n',
    }
    write_sources(sources, **changes)
    path = tmp_path / "second.r112"
    held = run("build", sources, "-o", path, "--parent", built)
    assert held.exit_code == 1
    assert (
        "Trunks changed: armor/ip/ouest; they lead to CRRA15-29, CTA18-29, for 2 communes and "
        "155,000 inhabitants (74.16%)"
    ) in held.output
    assert "Operators changed: bruyere" in held.output
    assert (
        "74.16% of the population depends on trunks that change, more than the 5.00% allowed"
    ) in held.output


@pytest.mark.parametrize(
    ("text", "said"), [("soon", "is no time"), ("2026-11-22T18:00:00", "has no time zone")]
)
def test_an_instant_that_cannot_be_read_is_bad_usage(run, built, text, said):
    result = run("diff", built, built, "--at", text)
    assert result.exit_code == 2
    assert said in result.output
