import json
import threading
import time

import pytest
from tests.support.commanded import commanded
from tests.support.typing_commands import read_hash, report_all, type_in


@pytest.fixture(scope="module")
def planner(tmp_path_factory):
    with commanded(tmp_path_factory.mktemp("orders")) as running:
        stations = threading.Thread(target=lambda: keep_reporting(running), daemon=True)
        running.is_over = False
        stations.start()
        yield running
        running.is_over = True
        stations.join()


def keep_reporting(planner):
    while not planner.is_over:
        report_all(planner)
        time.sleep(0.1)


def test_an_order_says_who_has_to_type_what_next_and_until_when(planner):
    asked = type_in(
        planner, "order", "pause", "CRRA15-29", "--expires", "2h", "--reason", "flooded"
    )
    lines = asked.stdout.splitlines()
    assert lines[0].startswith("order pause CRRA15-29 until ")
    assert lines[0].endswith("Z, by first: flooded")
    assert lines[1].startswith("  waits for a second person (crisis or operator) until ")
    done = type_in(planner, "approve", read_hash(asked), via="second")
    assert done.exit_code == 0, done.output
    assert "order pause: first asked, second agreed; order pause-CRRA15-29-" in done.stdout
    assert "in force at 3 of 3 stations after " in done.stdout
    listed = type_in(planner, "order", "list")
    assert "pause-CRRA15-29-" in listed.stdout
    (order,) = json.loads(type_in(planner, "order", "list", "--json").stdout)
    words = ("order", "resume", "CRRA15-29", "--order", order["id"], "--reason", "dry")
    ended = type_in(planner, "approve", read_hash(type_in(planner, *words)), via="second")
    assert f"order {order['id']} is withdrawn" in ended.stdout
    assert "in force at 3 of 3 stations" in ended.stdout
    assert type_in(planner, "order", "list").stdout == "no order is in force\n"


def test_an_answering_point_needs_nobody(planner):
    words = ("order", "pause", "CRRA15-29", "--expires", "30min", "--reason", "drill")
    given = type_in(planner, *words, via="desk-29")
    assert given.exit_code == 0, given.output
    assert given.stdout.startswith("order pause: desk-29 asked; order pause-CRRA15-29-")
    assert "stations" not in given.stdout, "that is not its business"
    resume = ("order", "resume", "CRRA15-29", "--reason", "over")
    ended = type_in(planner, *resume, via="desk-29")
    assert "is withdrawn" in ended.stdout


@pytest.mark.parametrize(
    "words",
    [
        ("divert", "CRRA15-29", "--to", "CRRA15-75", "--number", "15"),
        ("alternative", "CRRA15-29", "--to-number", "+33261912345"),
        ("prefect", "CRRA15-29", "--decree", "29-7", "--to", "CRRA15-75"),
    ],
)
def test_each_kind_waits_for_a_second_person(planner, words):
    asked = type_in(planner, "order", *words, "--expires", "1d", "--reason", "storm", "--json")
    assert asked.exit_code == 0, asked.output
    waiting = json.loads(asked.stdout)
    assert waiting["verb"] == f"order {words[0]}"
    assert waiting["arguments"]["psap"] == "CRRA15-29"


def test_an_order_that_names_nothing_of_the_plan_is_not_given(planner):
    words = ("order", "pause", "CRRA15-99", "--expires", "1h", "--reason", "storm")
    done = type_in(planner, "approve", read_hash(type_in(planner, *words)), via="second")
    assert done.exit_code == 1
    assert "could not be worked into the plan in force" in done.stderr


def test_what_is_refused_says_what_to_do(planner):
    words = ("order", "pause", "CTA18-29", "--expires", "1h", "--reason", "storm")
    refused = type_in(planner, *words, via="desk-29")
    assert refused.exit_code == 1
    assert refused.stderr.splitlines() == [
        "route112: refused: you have no role that may do this",
        "  docs/access.md says who may; ask one of them",
    ]
    late = type_in(planner, *words[:3], "--expires", "8d", "--reason", "storm")
    assert (late.exit_code, "within seven days" in late.stderr) == (1, True)
    odd = type_in(planner, *words[:3], "--expires", "soon", "--reason", "storm")
    assert (odd.exit_code, "'soon' is no time" in odd.stderr) == (2, True)
    empty = type_in(planner, *words[:3], "--expires", "1h", "--reason", " ")
    assert (empty.exit_code, "--reason is empty" in empty.stderr) == (2, True)
