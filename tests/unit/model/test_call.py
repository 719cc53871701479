from route112.model import TARGETS_MAX, Call, ServiceState, States


def test_a_call_needs_nothing_but_what_was_dialled():
    call = Call(dialled="15")
    assert (call.commune, call.operator, call.lon_deg, call.street) == ("", "", None, "")


def test_states_are_empty_until_something_is_measured():
    assert States().psaps == {}
    assert ServiceState("Down") is ServiceState.DOWN


def test_a_decision_has_room_for_an_order_and_the_three_lines_of_a_route():
    assert TARGETS_MAX == 4
