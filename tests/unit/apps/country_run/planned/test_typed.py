from pathlib import Path

from route112.apps.country_run.planned import (
    Https,
    PlannerTyped,
    find_planner,
    list_planner_words,
)

FILES = {"cert": Path("/c"), "key": Path("/k"), "client_ca": Path("/a")}


def test_without_a_planner_there_is_none():
    assert find_planner(PlannerTyped(trust=None)) is None


def test_a_planner_is_started_with_what_was_typed():
    typed = PlannerTyped(trust=None, planner=True, profile=Path("/p"), versions=Path("/v"))
    options = find_planner(typed)
    assert (options.profile, options.key, options.versions) == (Path("/p"), None, Path("/v"))
    assert options.https is None
    assert "--https" not in list_planner_words(Path("/run"), options, head_start_s=0.0)


def test_people_reach_it_over_https_where_that_was_typed():
    typed = PlannerTyped(
        trust=None, planner=True, profile=Path("/p"), https="127.0.0.1:8112", **FILES
    )
    options = find_planner(typed)
    assert options.https == Https(
        address="127.0.0.1:8112",
        certificate=Path("/c"),
        key=Path("/k"),
        client_authority=Path("/a"),
    )
    words = list_planner_words(Path("/run"), options, head_start_s=0.0)
    assert words[-8:] == (
        "--https", "127.0.0.1:8112", "--cert", "/c", "--key", "/k", "--client-ca", "/a",
    )  # fmt: skip
