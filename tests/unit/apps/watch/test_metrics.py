import urllib.request

from prometheus_client.parser import text_string_to_metric_families
from tests.support.metrics import list_documented, list_served
from tests.support.showing import figures, make_shown, show_series

from route112.apps.watch.metrics import LABELS, Board, serve


def read(board):
    with (
        serve("127.0.0.1", 0, board) as port,
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer,
    ):
        text = answer.read().decode()
    return {
        (sample.name, *sorted((k, v) for k, v in sample.labels.items() if v)): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_nothing_is_told_before_anything_was_seen():
    assert read(Board()) == {}


def test_what_is_shown_is_told():
    board = Board()
    board.show(
        make_shown(
            show_series(("number", "15"), total=figures(attempts=7, failed=2)),
            show_series(("trunk", "t:1"), is_tries=True, usual_per_min=None, floor_s=None),
            show_series(usual_per_min=None, floor_s=None),
            tests=3,
            open={"drought": 2},
        )
    )
    seen = read(board)
    fire = ("number", "15")
    assert seen["route112_watch_attempts_total", fire] == 7
    assert seen["route112_watch_callers_failed_total", fire] == 2
    assert seen["route112_watch_attempts_failed_total", fire, ("party", "psap")] == 3
    assert seen["route112_watch_usual_places_per_second", fire] == 0.2
    assert seen["route112_watch_floor_seconds", fire] == 90
    assert seen["route112_watch_tries_answered_total", ("trunk", "t:1")] == 80
    assert seen["route112_watch_attempts_total",] == 100
    assert ("route112_watch_floor_seconds",) not in seen
    assert seen["route112_watch_findings", ("kind", "drought")] == 2
    assert seen["route112_watch_findings", ("kind", "grey")] == 0
    assert seen["route112_watch_test_calls_total",] == 3


def test_the_document_has_all_figures():
    board = Board()
    board.show(
        make_shown(
            show_series(("number", "15"), total=figures(attempts=7, failed=2)),
            show_series(("trunk", "t:1"), is_tries=True),
        )
    )
    assert list_served(board.collect()) == list_documented("Watch")


def test_no_label_can_hold_a_caller_or_a_place():
    assert set(LABELS) == {"number", "operator", "technology", "edge", "site", "trunk", "psap"}
