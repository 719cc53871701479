import pytest

from route112.apps.alarms import saying
from route112.apps.alarms.saying import ReportError, keep_report


def keep(world, text="dead", who="desk", **about):
    return keep_report(world.store, about, text=text, who=who, wall_us=1)


def test_what_it_is_about_is_in_the_order_of_a_series(world):
    assert keep(world, psap="CRRA15-29", number="15") == 1
    (kept,) = world.book.take_reports(2)
    assert kept.series.pairs == (("number", "15"), ("psap", "CRRA15-29"))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"text": " ", "psap": "CRRA15-29"}, "text is no text"),
        ({"text": "a\nb", "psap": "CRRA15-29"}, "text is no text"),
        ({"text": "x" * 301, "psap": "CRRA15-29"}, "text is no text"),
        ({"who": "", "psap": "CRRA15-29"}, "who is no text"),
        ({}, "a report about nothing"),
        ({"psap": "CRRA15-99"}, "the plan has no psap 'CRRA15-99'"),
    ],
)
def test_what_cannot_be_kept_is_refused(world, values, message):
    with pytest.raises(ReportError, match=message):
        keep(world, **values)


def test_where_the_plan_is_not_known_any_name_is_taken(world):
    assert keep(world, operator="whoever") == 1


def test_so_many_wait_at_most(world, monkeypatch):
    monkeypatch.setattr(saying, "REPORTS_WAITING_MAX", 1)
    keep(world, psap="CRRA15-29")
    with pytest.raises(ReportError, match="1 reports wait"):
        keep(world, psap="CRRA15-29")
