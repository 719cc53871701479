import pytest
from tests.support.changing import CHANGE, NEW, OLD, S, Table

from route112.change import (
    JOURNAL,
    Kind,
    LoadProof,
    Outcome,
    Step,
    decide_next,
    parse_journal,
    render_event,
)
from route112.change.asking import AbortChange, FinishWork
from route112.change.deciding import FROZEN_MAX_US, Act
from route112.change.events import Frozen, GenerationBegun
from route112.change.steps import HEARD_US
from route112.replication import Refused

PROOF = {"proofs": {"site-1": LoadProof(carries=True, text="")}}


def candidates(table):
    return [table.state.generations[number].candidate for number in table.list_numbers()]


def ended(table):
    change = table.state.history[-1]
    return change.outcome, change.cause


def test_a_good_plan_goes_to_the_canary_then_one_by_one_to_the_rest():
    table = Table()
    table.start()
    table.run()
    assert candidates(table) == [NEW, OLD, OLD]
    assert table.state.change.step is Step.GATE
    assert table.pass_gate(5) == [], "it is looked at for as long as was asked"
    assert table.look(5) == ["StepBegun", "StationWants"]
    table.run()
    assert candidates(table) == [NEW, NEW, OLD]
    table.pass_gate(5)
    table.run()
    assert candidates(table) == [NEW, NEW, NEW]
    assert table.pass_gate(5) == ["ChangeEnded"]
    assert ended(table) == (Outcome.DONE, "")
    assert table.state.candidate == NEW
    assert table.list_numbers() == [2, 2, 2]
    assert table.run() == []


def test_a_bad_plan_is_stopped_at_the_canary_and_goes_back_as_a_new_generation():
    table = Table()
    table.start()
    table.run()
    table.measure(failed=60, served=40)
    assert table.look(1) == ["TurnedBack", "GenerationBegun"]
    table.run()
    assert ended(table)[0] is Outcome.ROLLED_BACK
    assert "60 of 100 failed" in ended(table)[1]
    assert table.list_numbers() == [3, 1, 1], "only who had it moves"
    assert candidates(table) == [OLD, OLD, OLD]
    assert table.state.candidate == OLD


def test_going_back_keeps_the_orders_that_came_meanwhile():
    table = Table()
    table.start()
    table.run()
    table.give()
    table.run()
    table.measure(bad=("15 @29019",))
    table.run()
    assert table.list_numbers() == [4, 4, 4]
    assert table.state.generations[4].orders == ("o-1",)
    assert ended(table)[0] is Outcome.ROLLED_BACK


def test_what_fails_at_a_later_station_goes_back_everywhere_at_once():
    table = Table()
    table.start()
    table.run()
    table.pass_gate()
    table.run()
    table.measure(bad=("15",))
    table.run(8)
    assert candidates(table) == [OLD, OLD, OLD]
    assert table.list_numbers() == [3, 3, 1]


def test_a_plan_that_a_supervisor_refuses_goes_back():
    table = Table()
    table.start()
    table.look()
    table.look()
    table.report("site-1", refused=Refused(2, f"{2:064x}", "malformed"))
    assert table.look()[0] == "TurnedBack"
    assert table.state.change.cause == "site-1 refuses g2: malformed"


@pytest.mark.parametrize("number", [1, 77])
def test_what_was_refused_before_does_not_count(number):
    table = Table()
    table.report("site-1", refused=Refused(number, "9" * 64, "malformed"))
    table.start()
    table.look()
    assert table.state.change.back is False


def test_a_canary_that_takes_nothing_goes_back():
    table = Table()
    table.start()
    table.look()
    assert table.look(31)[1:] == ["TurnedBack", "GenerationBegun"] or table.state.change.back
    assert table.state.change.cause == "offer of site-1: it is not in force"


def test_a_canary_that_is_not_heard_of_goes_back_and_gets_it_when_it_is_back():
    table = Table()
    table.start()
    table.run()
    table.ages["site-1"] = 6.0
    table.run()
    assert ended(table) == (Outcome.ROLLED_BACK, "site-1 was not heard of any more")
    assert table.reports["site-1"].number == 2
    table.ages.clear()
    table.run()
    assert table.reports["site-1"].number == 3


def test_a_canary_that_goes_before_it_has_it_goes_back():
    table = Table()
    table.start()
    table.ages["site-1"] = 6.0
    table.run(2)
    assert table.state.change.step is Step.OFFER
    table.look(30)
    assert table.state.change.cause == "offer of site-1: it is away"


def test_nobody_waits_for_a_later_station_that_is_away():
    table = Table()
    table.start()
    table.run()
    table.ages["site-2"] = 60.0
    table.pass_gate()
    table.run(4)
    table.pass_gate(5)
    assert ended(table)[0] is Outcome.DONE
    assert table.reports["site-2"].number == 1
    table.ages.clear()
    table.run()
    assert table.reports["site-2"].number == 2


def test_an_alarm_holds_a_change_where_it_is():
    table = Table()
    table.start()
    table.run()
    table.alarms = ("12",)
    assert table.pass_gate() == ["Frozen"]
    assert isinstance(table.events[-1], Frozen)
    assert table.look(60) == []
    table.alarms = ()
    assert table.look() == ["Thawed"]
    assert table.pass_gate(9) == [], "it is looked at anew"
    assert table.look(1) == ["StepBegun", "StationWants"]


def test_an_order_passes_while_an_alarm_holds_a_change():
    table = Table()
    table.start()
    table.run()
    table.alarms = ("12",)
    table.run()
    table.give()
    table.run()
    assert table.list_numbers() == [3, 4, 4]
    assert table.state.change.frozen_since_us


def test_what_is_bad_goes_back_while_an_alarm_is_open():
    table = Table()
    table.start()
    table.run()
    table.alarms = ("12",)
    table.run()
    table.measure(failed=60, served=40)
    table.run()
    assert ended(table)[0] is Outcome.ROLLED_BACK


def test_two_plans_do_not_stand_side_by_side_for_ever():
    table = Table()
    table.start()
    table.run()
    table.alarms = ("12",)
    table.look()
    assert table.look(FROZEN_MAX_US / S - 1) == []
    assert table.look(1)[0] == "TurnedBack"
    assert table.state.change.cause == "held for too long by alarm 12"


@pytest.mark.parametrize(("open_s", "times"), [(300, 6), (1, 30)])
def test_an_alarm_that_comes_and_goes_does_not_keep_two_plans_for_ever(open_s, times):
    table = Table()
    table.start()
    table.run()
    for _ in range(times):
        table.alarms = ("12",)
        assert table.look(600) == ["Frozen"]
        table.alarms = ()
        assert table.look(open_s) == ["Thawed"], "ten minutes do not end a gate"
    table.alarms = ("12",)
    assert table.look(600) == ["Frozen"]
    assert table.look()[0] == "TurnedBack"
    assert table.state.change.cause == "held for too long by alarm 12"


def test_what_held_one_change_is_not_counted_against_the_next():
    table = Table()
    table.start()
    table.run()
    table.alarms = ("12",)
    table.look()
    table.alarms = ()
    table.look(FROZEN_MAX_US / S - 1)
    table.measure(bad=("15",))
    table.run()
    assert table.state.change is None
    table.start(id="d" * 64)
    table.run()
    table.alarms = ("12",)
    table.look()
    assert table.look(FROZEN_MAX_US / S - 1) == []


def test_an_offer_that_is_not_in_force_yields_to_an_order():
    table = Table()
    table.settle()
    table.start()
    table.look(build=False)
    table.give()
    assert table.look(build=False) == ["OfferYielded", "GenerationBegun"]
    table.look()
    assert table.list_numbers() == [3, 3, 3], "on what is there"
    assert table.look() == []
    table.settle()
    assert table.look()[0] == "StepBegun"
    table.run()
    assert candidates(table) == [NEW, OLD, OLD]
    assert table.state.change.step is Step.GATE


def test_an_offer_that_yielded_does_not_go_on_under_an_alarm():
    table = Table()
    table.start()
    table.look(build=False)
    table.give()
    table.look(build=False)
    table.alarms = ("12",)
    table.run(8)
    assert table.state.change.is_yielding
    assert candidates(table) == [OLD, OLD, OLD]
    table.look(30)
    assert table.state.change.cause == "offer of site-1: orders come first"


def test_a_planner_that_has_just_begun_takes_nobody_for_away():
    table = Table()
    table.start()
    table.run()
    known, table.reports, table.listening_s = table.reports, {}, 1.0
    assert table.look() == []
    table.reports = known
    table.measure()
    assert table.look(11)[0] == "StepBegun"
    table.reports, table.listening_s = {}, 6.0
    table.look()
    assert table.state.change.step is Step.GATE


def test_a_way_back_that_is_refused_is_stuck_and_says_so():
    table = Table()
    table.start()
    table.run()
    table.do(AbortChange(author="planner", reason="no"))
    table.look()
    table.look()
    assert table.look(121) == ["ChangeEnded"]
    outcome, cause = ended(table)
    assert outcome is Outcome.STUCK
    assert cause == "no; restore of site-1: site-1 not yet"
    table.run()
    assert table.reports["site-1"].number == 3, "it is wanted all the same"


def test_a_report_from_before_the_offer_proves_no_way_back():
    table = Table()
    table.start()
    table.look()
    table.look()
    assert table.list_numbers() == [2, 1, 1]
    table.do(AbortChange(author="planner", reason="no"))
    assert table.look() == ["GenerationBegun"]
    table.look()
    assert table.state.change is not None, "it may have taken g2 since it said g1"
    table.settle()
    assert table.look() == ["ChangeEnded"]


def acts(table):
    return [each for each in table.commands if isinstance(each, Act)]


def test_an_upgrade_drains_swaps_tests_and_returns():
    table = Table()
    table.start(Kind.UPGRADE)
    table.look()
    assert acts(table)[0].step is Step.PROOF
    table.more = PROOF
    assert table.look() == ["StepBegun"]
    assert acts(table) == [
        Act(
            step=Step.DRAIN,
            station="site-1",
            change=CHANGE,
            since_us=table.now,
            version="1.1",
        )
    ]
    table.report("site-1", serving=False, calls=2)
    assert table.look() == [], "calls ring there"
    table.report("site-1", calls=0)
    table.look()
    assert acts(table)[0].step is Step.SWAP
    table.report("site-1", version="1.1")
    table.look()
    table.measure()
    table.look()
    assert acts(table)[0].step is Step.RETURN
    table.report("site-1", serving=True)
    table.look()
    assert acts(table)[0].step is Step.GATE
    table.pass_gate()
    assert ended(table)[0] is Outcome.DONE
    assert table.list_numbers() == [1, 1, 1]


def test_bad_software_goes_back_to_the_version_of_before():
    table = Table()
    table.start(Kind.UPGRADE)
    table.more = PROOF
    table.look()
    table.report("site-1", serving=False)
    table.look()
    table.report("site-1", version="1.1")
    table.look()
    table.more = {}
    assert table.look() == [], "no test call has been placed yet"
    table.measure(bad=("15 @29019",))
    table.look()
    table.look()
    assert acts(table)[0].step is Step.SWAP_BACK
    assert acts(table)[0].version == "1.0"
    assert table.state.change.cause == "test calls fail: 15 @29019"
    table.report("site-1", version="1.0")
    assert table.look() == [], "it may have said so before"
    table.look(HEARD_US / S)
    table.measure(tests=False)
    assert table.look() == []
    table.measure()
    table.look()
    table.report("site-1", serving=True)
    table.look()
    assert ended(table)[0] is Outcome.ROLLED_BACK


def test_a_station_that_fails_on_its_way_back_stays_out():
    table = Table()
    table.start(Kind.UPGRADE)
    table.more = PROOF
    table.look()
    table.do(AbortChange(author="operator", reason="no"))
    table.report("site-1", serving=False)
    table.look()
    table.look(HEARD_US / S)
    table.measure(bad=("15",))
    table.look()
    assert ended(table) == (Outcome.STUCK, "no; test calls fail: 15")


def test_each_station_of_an_upgrade_has_its_turn():
    table = Table()
    table.report("site-2", version="0.9")
    table.start(Kind.UPGRADE, stations=("site-1", "site-2"))
    table.more = PROOF
    table.look()
    table.report("site-1", serving=False)
    table.look()
    table.report("site-1", version="1.1")
    table.look()
    table.measure()
    table.look()
    table.report("site-1", serving=True)
    table.look()
    table.pass_gate()
    change = table.state.change
    assert (change.station, change.step, change.version_before) == ("site-2", Step.PROOF, "0.9")


def test_a_station_that_vanished_has_its_turn_and_fails_it():
    table = Table()
    table.start(Kind.UPGRADE, stations=("site-1", "site-2"))
    table.more = PROOF
    table.look()
    table.report("site-1", serving=False)
    table.look()
    table.report("site-1", version="1.1")
    table.look()
    table.measure()
    table.look()
    table.report("site-1", serving=True)
    table.look()
    del table.reports["site-2"]
    table.pass_gate()
    assert table.state.change.version_before == ""
    table.more = {"proofs": {"site-2": LoadProof(carries=True, text="")}}
    table.look()
    table.look(121)
    assert table.state.change.cause == "drain of site-2: it is away"


@pytest.mark.parametrize("kind", [Kind.UPGRADE, Kind.MAINTENANCE, Kind.EVACUATION])
def test_what_the_others_do_not_carry_is_left_as_it_is(kind):
    table = Table()
    table.start(kind)
    table.more = {"proofs": {"site-1": LoadProof(carries=False, text="site-2 is at 90 %")}}
    assert table.look() == ["ChangeEnded"]
    assert ended(table) == (Outcome.ROLLED_BACK, "site-2 is at 90 %")
    assert acts(table) == []


def test_an_alarm_that_stays_open_at_the_proof_ends_the_change_there():
    table = Table()
    table.start(Kind.UPGRADE)
    table.alarms = ("12",)
    table.look()
    assert table.look(FROZEN_MAX_US / S) == ["ChangeEnded"]
    assert ended(table) == (Outcome.ROLLED_BACK, "held for too long by alarm 12")


def test_what_fails_at_the_gate_is_drained_before_its_software_is_exchanged():
    table = Table()
    upgrade_to_gate(table)
    table.measure(failed=60, served=40)
    table.look()
    assert acts(table)[0].step is Step.DRAIN_BACK
    table.report("site-1", serving=False, calls=3)
    assert table.look() == [], "calls ring there"
    table.report("site-1", calls=0)
    table.look()
    assert acts(table)[0].step is Step.SWAP_BACK


def test_a_call_that_rings_on_and_on_does_not_keep_a_site_from_going_back():
    table = Table()
    upgrade_to_gate(table)
    table.measure(failed=60, served=40)
    table.look()
    table.report("site-1", calls=1)
    assert table.look(59) == []
    assert table.look(1) == ["StepBegun"]
    assert acts(table)[0].step is Step.SWAP_BACK


def upgrade_to_gate(table):
    table.start(Kind.UPGRADE)
    table.more = PROOF
    table.look()
    table.report("site-1", serving=False)
    table.look()
    table.report("site-1", version="1.1")
    table.look()
    table.measure()
    table.look()
    table.report("site-1", serving=True)
    table.look()
    assert acts(table)[0].step is Step.GATE


def test_a_proof_waits_for_alarms_and_a_station_that_is_out_does_not():
    table = Table()
    table.start(Kind.MAINTENANCE)
    table.alarms, table.more = ("12",), PROOF
    assert table.look() == ["Frozen"]
    table.alarms = ()
    table.look()
    table.look()
    assert table.state.change.step is Step.DRAIN
    table.alarms = ("13",)
    table.report("site-1", serving=False, calls=1)
    assert table.look() == []
    table.report("site-1", calls=0)
    table.look()
    assert table.state.change.step is Step.WORK
    assert table.look() == []
    table.do(FinishWork(author="operator"))
    table.look()
    table.measure()
    table.look()
    assert table.state.change.step is Step.RETURN
    assert table.state.change.is_work_done
    table.report("site-1", serving=True)
    table.look()
    assert table.state.change.step is Step.GATE
    table.measure()
    assert table.look(11) == ["Frozen"]


def test_an_evacuation_ends_when_nothing_points_there_and_nothing_runs():
    table = Table()
    table.start(Kind.EVACUATION)
    table.more = PROOF
    table.look()
    table.report("site-1", serving=False)
    table.look()
    table.more = {"pointing": {"site-1": ("bruyere-edge-1",)}}
    assert table.look() == []
    table.more = {}
    assert table.look() == [], "nobody looked"
    table.more = {"pointing": {"site-1": ()}}
    table.look()
    assert acts(table)[0].step is Step.STOP
    assert table.look() == [], "it still runs"
    table.ages["site-1"] = 6.0
    table.look()
    assert ended(table) == (Outcome.DONE, "nothing points to site-1 any more")
    assert table.state.stations == ("site-2", "edge-1")
    table.give()
    table.run()
    assert table.list_numbers() == [2, 2]


def test_an_evacuation_that_is_given_up_returns():
    table = Table()
    table.start(Kind.EVACUATION)
    table.more = PROOF
    table.look()
    table.do(AbortChange(author="operator", reason="the lease goes on"))
    table.report("site-1", serving=False)
    assert table.look() == []
    table.report("site-1", serving=True)
    table.look()
    assert ended(table) == (Outcome.ROLLED_BACK, "the lease goes on")


def test_a_station_at_work_that_dies_at_its_gate_goes_back():
    table = Table()
    table.start(Kind.MAINTENANCE)
    table.more = PROOF
    table.look()
    table.report("site-1", serving=False)
    table.look()
    table.do(FinishWork(author="operator"))
    table.look()
    table.measure()
    table.look()
    table.report("site-1", serving=True)
    table.look()
    table.ages["site-1"] = 6.0
    table.look()
    assert table.state.change.cause == "site-1 was not heard of any more"
    assert table.state.change.step is Step.TEST


def test_measures_of_another_step_do_not_count():
    table = Table()
    table.start()
    table.run()
    table.measure(failed=99, served=1)
    stale = table.more
    table.alarms = ("12",)
    table.more = {}
    table.look()
    table.alarms = ()
    table.look()
    table.more = stale
    assert table.look(1) == []


def test_a_clock_that_was_set_back_stands_still():
    table = Table()
    table.start()
    table.run()
    table.now -= 7200 * S
    table.give(starts=0)
    table.run()
    times = [event.at_us for event in table.events]
    assert times == sorted(times)


def can_be_written(table):
    content, end = b"", JOURNAL
    for event in table.events:
        line, end = render_event(event, end)
        content += line
    return parse_journal(content).events == tuple(table.events)


def test_an_alarm_whose_text_has_commas_and_no_end_keeps_no_order_from_the_journal():
    table = Table()
    table.start()
    table.run()
    table.alarms = ("nobody-watches: site-1 is old, site-2 is old, " + "x" * 20_000, "")
    table.give()
    assert table.look() == ["Frozen", "GenerationBegun", "GenerationBegun"]
    table.look(FROZEN_MAX_US / S)
    assert table.state.change.back
    assert can_be_written(table)


def test_a_cause_without_end_can_be_written():
    table = Table()
    table.start()
    table.run()
    table.measure(bad=("x" * 20_000,))
    table.look()
    table.look(121)
    assert ended(table)[0] is Outcome.STUCK
    assert can_be_written(table)


def test_a_change_that_stands_still_keeps_no_order_back():
    table = Table()
    table.start()
    table.run()
    table.give()
    table.measure()
    decision = decide_next(table.state, table.facts, table.now + 60 * S, stands_still=True)
    assert {type(event) for event in decision.events} == {GenerationBegun}
    assert decision.state.change == table.state.change


def test_a_version_that_cannot_run_goes_back_at_once_and_not_when_its_time_is_over():
    table = Table()
    table.start(Kind.UPGRADE)
    table.more = PROOF
    table.look()
    table.report("site-1", serving=False)
    table.look()
    assert table.state.change.step is Step.SWAP
    table.more = {"fallen": {"site-1": "exit code 1, 3 times"}}
    assert table.look() == ["TurnedBack"]
    assert table.state.change.cause == "version 1.1 does not run: exit code 1, 3 times"
    table.look()
    assert table.state.change.step is Step.SWAP_BACK
    assert table.look(HEARD_US / S) == ["StepBegun"], "what runs again had not fallen"
