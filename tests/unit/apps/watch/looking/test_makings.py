from tests.support.watched import T0, S, make_makings

from route112.watch.findings import Finding, FindingKind
from route112.watch.series import Series
from route112.wire.documents.scenario_time import ScenarioTime

CLOCK = ScenarioTime(scenario="s", wiring="w", starts=T0 - 9 * S, began=T0, compression=60.0)


def test_real_time_is_itself_and_a_played_evening_has_its_own_clock():
    assert (make_makings().scale(T0), make_makings().clock_name) == (T0, "")
    played = make_makings(clock=CLOCK)
    assert played.scale(T0 + S) == CLOCK.starts + 60 * S
    assert played.scale(T0 - S) is None
    assert played.clock_name


def test_what_looks_knows_what_is_usual_and_what_was_open():
    makings = make_makings(make_detectors=lambda **hooks: tuple(sorted(hooks)))
    rates = makings.make_rates()
    finding = Finding(kind=FindingKind.GREY, series=Series(), since_us=T0, at_us=T0, expected=1.0,
        seen=0.0, strength=9.0, floor_s=1.0)  # fmt: skip
    watching = makings.make_watching(rates, [finding])
    assert watching.rates is rates
    assert watching.open == (finding,)
    assert watching.detectors[1:] == ("departement_of", "list_expiries", "number_of")
    assert makings.list_hooks(rates)["usual"] is rates.rates.baseline
