from route112.apps.replay.crowd import Dialled
from route112.apps.replay.ground import Ground
from route112.apps.replay.verdicts import Evidence, judge_attempts
from route112.countries.fr.network import OPERATORS
from route112.simulation.arrivals import Arrival, Place
from route112.simulation.checker import Verdict
from route112.simulation.logs import CallerLine, PsapLine

BEST, SECOND = "+33261910020", "+33261910029"
OPERATOR = OPERATORS[0]
GROUND = Ground(
    places=(Place("29019", 1.0),),
    targets={("29019", "17"): (BEST, SECOND)},
    departements={"29019": "29"},
    population_share=1.0,
)


def judge(rings, *, reachable=None, callers=3, ghost=""):
    """Judge three calls at 1, 2 and 3 s, of which `rings` says who answered."""
    dialled = {}
    for index in range(3):
        arrival = Arrival(
            at_s=36.0 * index, index=index, number="17", commune="29019", operator=OPERATOR.id
        )
        each = Dialled(arrival, 1)
        dialled[each.call_id] = each
    ids = list(dialled)
    lines = [
        CallerLine(
            call_id=ids[index], dialled="17", placed_us=(index + 1) * 1_000_000,
            ringing_us=(index + 1) * 1_000_000 + 5_000 if ring else None,
            answered_us=(index + 1) * 1_000_000 + 9_000 if ring else None,
            status=200 if ring else 503,
        )
        for index, ring in enumerate(rings[:callers])
    ]  # fmt: skip
    psaps = [
        PsapLine(
            call_id=ids[index], number=ring, rang_us=(index + 1) * 1_000_000 + 4_000,
            answered_us=(index + 1) * 1_000_000 + 8_000, status=200,
        )
        for index, ring in enumerate(rings)
        if ring
    ]  # fmt: skip
    if ghost:
        psaps.append(
            PsapLine(call_id=ids[0], number=ghost, rang_us=1_100_000, answered_us=None, status=487)
        )
    evidence = Evidence(
        dialled=dialled, callers=lines, psaps=psaps, reachable=reachable or {},
        usual_ms=5.0, compression=36.0, began_us=1_000_000,
    )  # fmt: skip
    return judge_attempts(evidence, GROUND, {OPERATOR.id: OPERATOR})


def test_each_attempt_has_its_verdict_and_its_place_in_scenario_time():
    attempts = judge([BEST, SECOND, ""])
    assert [each.verdict for each in attempts] == [
        Verdict.RIGHT, Verdict.MISROUTED, Verdict.LOST,
    ]  # fmt: skip
    assert [each.at_s for each in attempts] == [0.0, 36.0, 72.0]
    first = attempts[0]
    assert (first.number, first.operator, first.departement) == ("17", OPERATOR.id, "29")
    assert (first.caller, first.first_ring_ms) == ("+99900000000", 5.0)


def test_a_target_that_could_not_be_reached_excuses_the_second():
    attempts = judge([BEST, SECOND, BEST], reachable={BEST: ((0, 1_500_000),)})
    assert [each.verdict for each in attempts][1] is Verdict.RIGHT


def test_an_attempt_that_no_log_knows_is_lost():
    attempts = judge([BEST, BEST, BEST], callers=2)
    assert [each.verdict for each in attempts][2] is Verdict.LOST
    assert attempts[2].at_s == 72.0


def test_each_attempt_says_whether_its_way_was_taken_away():
    attempts = judge([BEST, SECOND, ""], reachable={BEST: ((0, 22_500_000),)})
    assert [each.target for each in attempts] == [BEST] * 3
    # Placed at 1, 2 and 3 s; each might ring for 20 s.
    assert [each.cut_off for each in attempts] == [False, False, True]
    assert not any(each.cut_off for each in judge([BEST, SECOND, ""]))


def test_a_ring_for_nobody_is_counted_beside_the_verdict():
    attempts = judge([BEST, BEST, BEST], ghost=SECOND)
    assert [each.verdict for each in attempts] == [Verdict.RIGHT] * 3
    assert [each.ghosts for each in attempts] == [1, 0, 0]
