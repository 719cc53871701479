import pytest
from tests.support.records import NOW_US, World

from route112.adapters.record_spool import Bounds
from route112.apps.records.search import Filter, find_calls, is_open
from route112.wire.record_calls import OPEN_SECONDS

SECOND = 1_000_000
LATER = NOW_US + 3_600 * SECOND


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path / "records", bounds=Bounds(seal_seconds=0))
    lines = [
        "attempt call=a by=python dialled=15 op=ecume",
        "decision call=a targets=P-1/+1/primary,P-2/+2/secondary",
        "attempt call=b by=native dialled=18 op=bruyere",
        "failed call=b n=1 psap=P-3 cause=timeout via=rtc",
        "end call=b outcome=failed code=503",
        "refused call=c reason=shed op=ecume",
        "attempt call=a%20b@h by=python dialled=112",
        "end call=gone outcome=answered psap=P-4",
        "try call=stray psap=P-4",
    ]
    for index, line in enumerate(lines):
        kind, _, rest = line.partition(" ")
        text = f"R1 {kind} k={world.raw.key} t={NOW_US + index * SECOND} site=s {rest}\n"
        world.append(text.encode())
    return world


def find(world, **wanted):
    return [call.call for call in find_calls(world.path, Filter(**wanted), now_us=LATER)]


@pytest.mark.parametrize("sealed", [False, True])
@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, ["a", "b", "c", "a b@h", "gone"]),
        ({"call": "b"}, ["b"]),
        ({"call": "a b@h"}, ["a b@h"]),
        ({"call": "%"}, []),
        ({"number": "15"}, ["a"]),
        ({"psap": "P-2"}, ["a"]),
        ({"psap": "P-3"}, ["b"]),
        ({"operator": "ecume"}, ["a", "c"]),
        ({"outcome": "failed"}, ["b"]),
        ({"outcome": "refused"}, ["c"]),
        ({"outcome": "unknown"}, ["a", "a b@h"]),
        ({"party": "joint"}, ["b"]),
        ({"party": "site"}, ["c"]),
        ({"only_open": True}, ["a", "a b@h"]),
        ({"since_us": NOW_US + 2 * SECOND, "until_us": NOW_US + 5 * SECOND}, ["b", "c"]),
        ({"since_us": LATER}, []),
        ({"number": "15", "party": "joint"}, []),
    ],
)
def test_calls_are_found_in_segments_and_raw_file_alike(world, sealed, wanted, expected):
    if sealed:
        recorder = world.recorder()
        recorder.step()
        recorder.close()
    assert find(world, **wanted) == expected


def test_an_attempt_is_open_when_it_had_its_time(world):
    call = find_calls(world.path, Filter(call="a"), now_us=LATER)[0]
    assert not is_open(call, now_us=NOW_US + OPEN_SECONDS * SECOND)
    assert is_open(call, now_us=NOW_US + OPEN_SECONDS * SECOND + 1)


def test_a_filter_tells_what_has_been_asked():
    assert Filter().describe() == {}
    asked = {"call": "a", "only_open": True, "since_us": 1, "until_us": 2}
    assert Filter(**asked).describe() == asked
