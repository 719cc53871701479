"""What is written is read again; whatever is damaged is refused as a whole."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from route112.model import ServiceState
from route112.model.states import ElementState, MeasuredState, StateKind, StateSource
from route112.wire.documents.state_file import (
    ADVICE_BYTES_MAX,
    ADVICE_MAX,
    SKEW_US,
    STATES_MAX,
    VALID_US,
    parse_states,
    render_states,
)

NOW = 1_795_000_000_000_000
DOWN = MeasuredState(
    kind=StateKind.SERVICE,
    id="CRRA15-29",
    state=ServiceState.UNREACHABLE,
    source=StateSource.CALLS,
    since_us=NOW - 9,
    seen_us=NOW - 3,
    trial_us=NOW - 1,
)
HOP = MeasuredState(
    kind=StateKind.ELEMENT,
    id="[2001:db8::1]:5060",
    state=ElementState.DOWN,
    source=StateSource.OPTIONS,
    since_us=1,
    seen_us=2,
)
WRITTEN = render_states((DOWN, HOP), now_us=NOW)


def test_what_is_written_is_read_again():
    read = parse_states(WRITTEN)
    assert read.states == (DOWN, HOP)
    assert (read.written_us, read.expires_us) == (NOW, NOW + VALID_US)


def test_it_counts_for_its_time_and_not_from_the_future():
    read = parse_states(WRITTEN)
    assert read.counts(NOW)
    assert read.counts(NOW + VALID_US - 1)
    assert not read.counts(NOW + VALID_US)
    assert read.counts(NOW - SKEW_US)
    assert not read.counts(NOW - SKEW_US - 1)


def test_the_most_that_a_site_is_given_is_not_too_much_for_it():
    many = [
        MeasuredState(
            kind=StateKind.SERVICE, id=f"{n:0>64}", state="ScheduledMaintenanceAvailable",
            source=StateSource.OPTIONS, since_us=NOW, seen_us=NOW, trial_us=NOW,
        )
        for n in range(ADVICE_MAX)
    ]  # fmt: skip
    assert len(parse_states(render_states(many, now_us=NOW)).states) == ADVICE_MAX


def change(place="", **fields):
    read = json.loads(WRITTEN)
    if place:
        read["states"][0].update(fields)
    else:
        read.update(fields)
    return json.dumps(read).encode()


ROW = json.loads(WRITTEN)["states"][0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "Expecting"),
        (b"\xff", "codec"),
        (b"[]", "no states of format 1"),
        (b"[" * 60_000, "nested too deeply"),
        (b" " * (ADVICE_BYTES_MAX + 1), "more than 65,536 bytes"),
        (b'{"format": 1, "written_us": ' + b"1" * 5_000 + b"}", "digits"),
        (change(format=2), "no states of format 1"),
        (change(written_us=True), "written_us is no number"),
        (change(written_us=-1), "written_us is no number"),
        (change(expires_us=2**63), "expires_us is no number"),
        (change(expires_us=NOW), "would count for 0 s"),
        (change(expires_us=NOW + 61_000_000), "would count for 61 s"),
        (change(states={}), "no list of states"),
        (change(states=[1]), "no object"),
        (change(states=[ROW, ROW]), "says two things of one"),
        (change("row", kind="psap"), "'psap' is not a valid StateKind"),
        (change("row", state="Full"), "no state of a service: 'Full'"),
        (change("row", source=None), "source is no text"),
        (change("row", source="guess"), "'guess' is not a valid StateSource"),
        (change("row", id=""), "id is no text"),
        (change("row", id="x" * 65), "id is no text"),
        (change("row", id="a\nb"), "id is no text"),
        (change("row", seen_us=1.5), "seen_us is no number"),
        (change("row", trial_us=float("inf")), "trial_us is no number"),
        (change("row", trial_us=NOW + SKEW_US + 1), "a trial at a time to come"),
        (change("row", trial_us=2**63 - 1), "a trial at a time to come"),
    ],
)
def test_whatever_is_damaged_is_refused_as_a_whole(content, message):
    with pytest.raises(ValueError, match=message):
        parse_states(content)


def test_states_are_bounded():
    rows = [{**ROW, "id": f"p{number}"} for number in range(STATES_MAX + 1)]
    content = change(states=rows)
    with pytest.raises(ValueError, match="too many"):
        parse_states(content, bytes_max=len(content))


@given(st.binary(max_size=300), st.integers(0, len(WRITTEN)), st.integers(0, 40))
def test_no_bytes_whatever_raise_anything_else(junk, place, length):
    for content in (junk, WRITTEN[:place] + junk + WRITTEN[place + length :]):
        try:
            parse_states(content)
        except ValueError:
            continue
