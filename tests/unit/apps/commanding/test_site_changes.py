import json

import pytest
from tests.support.commanded import commanded
from tests.support.typing_commands import read_hash, report_all, type_in


@pytest.fixture(scope="module")
def planner(tmp_path_factory):
    with commanded(tmp_path_factory.mktemp("sites")) as running:
        yield running


def test_each_kind_of_work_is_asked_for_by_its_verb(planner):
    for words, verb in (
        (("upgrade", "site-2", "--version", "1.4", "--soak", "0s"), "site upgrade"),
        (("maintain", "site-2"), "site maintain"),
        (("evacuate", "site-2"), "site evacuate"),
    ):
        report_all(planner)
        asked = type_in(planner, "site", *words, "--reason", "r", "--json", via="second")
        assert asked.exit_code == 0, asked.output
        told = json.loads(asked.stdout)
        assert (told["verb"], told["arguments"]["stations"]) == (verb, "site-2")


def test_its_end_is_told_where_it_is_followed(planner):
    report_all(planner)
    words = ("maintain", "site-2", "--reason", "more capacity", "--for", "1s")
    late = type_in(planner, "site", *words, via="second")
    assert late.exit_code == 1
    assert "its end was not seen" in late.stderr
    assert "waits for a second person" in late.stdout


def test_a_second_person_agrees_and_the_work_begins(planner):
    report_all(planner)
    asked = type_in(planner, "site", "maintain", "site-2", "--reason", "cards", via="second")
    refused = type_in(planner, "site", "maintain", "site-2", "--reason", "cards")
    assert (refused.exit_code, "no role" in refused.stderr) == (1, True)
    report_all(planner)
    done = type_in(planner, "approve", read_hash(asked))
    assert done.exit_code == 0, done.output
    assert "site maintain: second asked, first agreed; change " in done.stdout
