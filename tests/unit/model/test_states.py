from route112.model import ServiceState
from route112.model.states import ElementState, MeasuredState, QueueState, StateKind, StateSource


def test_the_words_are_those_of_nena_i3():
    assert {"Normal", "Down", "Unreachable", "Overloaded", "GoingDown"} <= set(ElementState)
    assert set(ElementState) & set(ServiceState) >= {"Normal", "Down", "Unreachable"}
    assert set(QueueState) >= {"Active", "Full", "ResourceExhausted"}


def test_a_state_has_a_source_an_age_and_no_trial_unless_one_is_offered():
    state = MeasuredState(
        kind=StateKind.SERVICE,
        id="CRRA15-29",
        state=ServiceState.UNREACHABLE,
        source=StateSource.CALLS,
        since_us=1,
        seen_us=2,
    )
    assert state.trial_us == 0
