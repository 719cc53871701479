import json

import pytest
from tests.support.commanded import commanded
from tests.support.typing_commands import read_hash, type_in

ORDER = ("order", "pause", "CRRA15-29", "--expires", "2h", "--reason", "flooded")


@pytest.fixture(scope="module")
def planner(tmp_path_factory):
    with commanded(tmp_path_factory.mktemp("approve")) as running:
        yield running


def test_what_waits_is_shown_and_approved_by_its_first_letters(planner):
    assert type_in(planner, "approve").stdout == "nothing waits for a second person\n"
    hash_ = read_hash(type_in(planner, *ORDER))
    shown = type_in(planner, "approve", via="second")
    assert read_hash(shown) == hash_
    assert [each["hash"] for each in json.loads(type_in(planner, "approve", "--json").stdout)] == [
        hash_
    ]
    done = type_in(planner, "approve", hash_[:12], "--json", via="second")
    assert json.loads(done.stdout)["approver"] == "second"
    again = type_in(planner, "approve", hash_, via="second")
    assert again.exit_code == 1
    assert "this very request was made before" in again.stderr


def test_nobody_approves_his_own_request(planner):
    own = type_in(planner, "approve", read_hash(type_in(planner, *ORDER)))
    assert own.exit_code == 1
    assert own.stderr.splitlines() == [
        "route112: refused: you asked for it yourself",
        "  Somebody else has to approve it",
    ]


def test_a_hash_is_whole_or_its_beginning(planner):
    odd = type_in(planner, "approve", "xyz")
    assert (odd.exit_code, "is no hash" in odd.stderr) == (2, True)
    unknown = type_in(planner, "approve", "0" * 10)
    assert (unknown.exit_code, "nothing that waits begins with" in unknown.stderr) == (1, True)
    whole = type_in(planner, "approve", "0" * 64, via="second")
    assert (whole.exit_code, "nothing with this hash waits" in whole.stderr) == (1, True)


def test_a_beginning_of_several_is_refused(planner, monkeypatch):
    from route112.apps.commanding.client import Planner, Told

    waiting = {"waiting": [{"hash": "ab" * 32}, {"hash": "ab" * 31 + "cd"}]}
    monkeypatch.setattr(Planner, "ask", lambda *_args: Told(200, waiting))
    refused = type_in(planner, "approve", "abababab")
    assert (refused.exit_code, "begins 2 hashes" in refused.stderr) == (1, True)
