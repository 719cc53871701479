from tests.support.alarms import find, series
from tests.support.seen import T0, S

from route112.watch.alarms.reports import KEPT_US, Report, judge_reports
from route112.watch.findings import FindingKind

PSAP = series(psap="CRRA15-29")


def report(id_=1, at_s=0, about=PSAP, text="we receive nothing", who="CRRA15-29"):
    return Report(id=id_, at_us=T0 + at_s * S, series=about, text=text, who=who)


def judge(*reports, active=(), at_s=0):
    return judge_reports(reports, active, T0 + at_s * S)


def test_a_report_is_a_finding_at_once():
    (found,) = judge(report()).begun
    assert (found.kind, found.series) == (FindingKind.REPORT, PSAP)
    assert found.evidence == ("CRRA15-29: we receive nothing",)


def test_it_is_said_once_and_again_when_somebody_adds_to_it():
    (found,) = judge(report()).begun
    assert judge(report(), active=[found], at_s=60).begun == ()
    (more,) = judge(report(), report(2, 60, who="prefecture"), active=[found], at_s=60).begun
    assert (more.since_us, more.seen) == (T0, 2.0)
    assert more.evidence[1] == "prefecture: we receive nothing"


def test_it_is_over_when_nobody_has_said_it_again_for_half_an_hour():
    (found,) = judge(report()).begun
    measured = find(psap="CRRA15-29")
    old_s = KEPT_US // S
    assert judge(report(), active=[found, measured], at_s=old_s - 1).over == ()
    assert judge(report(), active=[found, measured], at_s=old_s).over == (
        (FindingKind.REPORT, PSAP),
    )


def test_reports_of_two_places_are_two():
    other = series(departement="56")
    assert [each.series for each in judge(report(), report(2, about=other)).begun] == [PSAP, other]
