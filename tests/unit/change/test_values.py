from tests.support.changing import Table

from route112.change import State


def test_a_change_names_the_station_at_work():
    table = Table()
    table.start(stations=("site-2",))
    assert table.state.change.station == "site-2"


def test_a_state_begins_with_nothing():
    state = State()
    assert (state.stations, dict(state.generations), state.change) == ((), {}, None)
