import json
import re

import pytest
from tests.support.sources import PROFILE

from route112.snapshot.reader import Snapshot

STORM = """\
orders:
  - {id: storm, kind: divert, psap: CTA18-29, to_psap: CTA18-56, author: a, reason: r,
     starts: 2026-11-05T00:00:00Z, expires: 2099-12-01T00:00:00Z}
"""


@pytest.fixture
def storm(tmp_path):
    path = tmp_path / "storm.yaml"
    path.write_text(STORM)
    return path


@pytest.fixture
def order(run, sources, built, tmp_path):
    def order(*words, code=0, snapshot=built, profile=sources / "profile.yaml"):
        output = tmp_path / "next.r112"
        result = run("orders", snapshot, "--profile", profile, "-o", output, *words)
        assert result.exit_code == code, result.output
        return result.output if code else (result.output, output)

    return order


def test_an_order_is_the_next_generation_and_what_a_build_gives(
    order, run, sources, built, storm, tmp_path
):
    said, output = order("--add", storm)
    assert said.startswith(f"{output}: generation 2, content ")
    assert said.endswith("1 orders; storm on CTA18-29: 2 communes, 155,000 inhabitants\n")
    (sources / "overrides").mkdir(exist_ok=True)
    (sources / "overrides" / "storm.yaml").write_text(STORM)
    whole = tmp_path / "whole.r112"
    result = run("build", sources, "-o", whole, "--parent", built, "--accept-impact")
    assert result.exit_code == 0, result.output
    assert output.read_bytes() == whole.read_bytes()


def test_an_order_is_withdrawn_signed_and_told_to_machines(order, run, storm, tmp_path):
    key = tmp_path / "a.key"
    assert run("keys", "new", key).exit_code == 0
    _, first = order("--add", storm, "--key", key)
    kept = first.rename(tmp_path / "first.r112")
    assert Snapshot(kept.read_bytes()).signature is not None
    said, output = order("--withdraw", "storm", "--generation", "7", "--json", snapshot=kept)
    report = json.loads(said)
    assert (report["generation"], report["orders"], report["psaps"]) == (
        7, ["storm"], ["CTA18-29"],
    )  # fmt: skip
    assert report["written"] == str(output)
    assert Snapshot(output.read_bytes()).orders == ()


def test_what_is_wrong_is_refused_and_nothing_is_written(order, storm, tmp_path, run, built):
    assert "no order is given or withdrawn" in order(code=2)
    assert "no order is called x" in order("--withdraw", "x", code=1)
    assert "generation 1 does not follow 1" in order("--add", storm, "--generation", 1, code=1)
    assert "cannot be read" in order("--add", tmp_path / "none", code=2)
    assert "two orders are called storm" in order("--add", storm, "--add", storm, code=1)
    storm.write_text(STORM.replace("CTA18-56", "CTA18-99"))
    assert "names the PSAP 'CTA18-99'" in order("--add", storm, code=1)
    report = json.loads(order("--add", storm, "--json", code=1))
    assert report["written"] is None
    assert report["problems"][0]["code"] == "override-psap"
    storm.write_text("orders: 1\n")
    assert re.search("storm.yaml has no orders", order("--add", storm, code=1))
    profile = tmp_path / "profile.yaml"
    profile.write_text(PROFILE.replace("country: fr", "country: FR"))
    assert "is no profile" in order("--add", storm, code=1, profile=profile)
    assert not (tmp_path / "next.r112").exists()
