"""One fault is one alarm, and two faults that have nothing in common are two."""

from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.support.troubled import (
    DEPARTEMENTS,
    NUMBERS,
    OPERATORS,
    SITES,
    TECHNOLOGIES,
    VENDORS,
    Fault,
    find_gateway,
    play,
)

from route112.watch.alarms import State

seeds = st.integers(0, 10_000)
places = st.sampled_from(DEPARTEMENTS)


def build(**values):
    return st.builds(lambda **drawn: Fault(drawn), **values)


def in_a_place(place):
    """Faults of one departement, its answering points and its way there."""
    code = st.just(place)
    return st.one_of(
        build(departement=code),
        build(departement=code, number=st.sampled_from(["15", "18"])),
        build(trunk=st.just(find_gateway(place))),
    )


networks = st.one_of(
    build(operator=st.sampled_from([*OPERATORS][:3])),
    build(
        operator=st.sampled_from([*OPERATORS][:2]),
        technology=st.sampled_from([*TECHNOLOGIES]),
        number=st.sampled_from([*NUMBERS]),
    ),
)
sites = build(site=st.sampled_from(SITES))
narrow = st.one_of(places.flatmap(in_a_place), networks, sites)
wide = st.one_of(
    st.builds(lambda share: Fault({}, share), st.sampled_from([0.12, 0.3, 1.0])),
    build(number=st.sampled_from([*NUMBERS])),
    build(technology=st.sampled_from([*TECHNOLOGIES])),
    build(vendor=st.sampled_from([str(number) for number in range(VENDORS)])),
)


@st.composite
def pairs(draw):
    """Two faults without an element in common."""
    here = draw(places)
    there = draw(places.filter(lambda place: find_gateway(place) != find_gateway(here)))
    kinds = [in_a_place(here), in_a_place(there), networks, sites]
    one, two = draw(st.permutations(range(len(kinds))))[:2]
    return draw(kinds[one]), draw(kinds[two])


def list_apart(alarms):
    return [str(alarm.series) for alarm in alarms if alarm.state is not State.MERGED]


@settings(max_examples=5)
@given(pairs(), seeds)
@example(
    (
        Fault({"departement": "03", "number": "15"}),
        Fault({"number": "112", "operator": "bruyere", "technology": "mobile"}),
    ),
    1,
)
@example((Fault({"departement": "03"}), Fault({"operator": "bruyere"})), 2)
@example((Fault({"site": "site-2"}), Fault({"operator": "bruyere"})), 3)
def test_two_faults_are_two_alarms(faults, seed):
    alarms = play(*faults, seed=seed)
    assert len(list_apart(alarms)) == 2, [list(map(str, a.active)) for a in alarms]


@settings(max_examples=3)
@given(narrow, seeds)
def test_a_fault_of_a_part_of_the_country_is_one_alarm(fault, seed):
    assert len(list_apart(play(fault, seed=seed))) == 1


@settings(max_examples=3)
@given(wide, seeds)
@example(Fault({}, 0.12), 1)
@example(Fault({"vendor": "1"}), 1)
def test_a_wide_fault_is_one_alarm(fault, seed):
    assert len(list_apart(play(fault, seed=seed))) == 1
