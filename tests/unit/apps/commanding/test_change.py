import pytest
from tests.support.commanded import commanded, stamp
from tests.support.typing_commands import report_all, type_in

from route112.change.values import Step


@pytest.fixture(scope="module")
def planner(tmp_path_factory):
    with commanded(tmp_path_factory.mktemp("change")) as running:
        yield running


def test_without_a_change_there_is_nothing_to_tell(planner):
    for words in (("abort",), ("resume",)):
        refused = type_in(planner, "change", *words, "--reason", "r", via="second")
        assert (refused.exit_code, "no change runs" in refused.stderr) == (1, True)


def test_a_change_is_told_to_go_back(planner):
    report_all(planner)
    body = stamp(kind="maintenance", stations=["site-2"])
    asked = planner.ask("POST", "/changes", body, via="second").json
    assert planner.ask("POST", "/approvals", {"hash": asked["hash"]}).status == 200
    early = type_in(planner, "change", "resume", "--reason", "cards are in", via="second")
    assert f"is at step {Step.PROOF}" in early.stderr
    told = type_in(planner, "change", "abort", "--reason", "not today", via="second")
    assert told.stdout == f"change abort: second asked; change {asked['hash'][:16]}\n"
    refused = type_in(planner, "change", "abort", "--reason", "not today", via="reader")
    assert refused.exit_code == 1
