from dataclasses import replace

from tests.unit.watch.calls.test_joining import EDGE, SITE, edge_side, join, site_side

from route112.watch.series import CUTS, DIMENSIONS, UNKNOWN, VALUE_CHARS_MAX, list_series


def listed(call, number="15", departement="29"):
    return {
        series.cut: series for series in list_series(call, number=number, departement=departement)
    }


def test_a_call_counts_once_in_each_cut():
    (call,) = join(*edge_side(), *site_side())
    series = listed(call)
    assert set(series) == set(CUTS)
    assert str(series[()]) == "all calls"
    assert str(series["number", "operator", "technology"]) == "15 · bruyere/mobile"
    assert str(series["number", "departement"]) == "15 · departement 29"
    assert str(series["edge", "site"]) == f"{EDGE} -> {SITE}"
    assert str(series["site", "trunk"]) == f"{SITE} · trunk t:5060"
    assert str(series["number", "psap"]) == "15 · PSAP A"
    assert series["psap",].get("psap") == "A"
    assert series["psap",].get("site") == ""


def test_what_a_call_does_not_tell_is_unknown_and_what_it_tells_is_bounded():
    (call,) = join(*edge_side())
    call = replace(call, operator="o" * 500, tries=())
    series = listed(call, departement="")
    assert series["departement",].get("departement") == UNKNOWN
    assert series["trunk",].get("trunk") == UNKNOWN
    assert len(series["operator",].get("operator")) == VALUE_CHARS_MAX


def test_cuts_name_dimensions_in_their_order():
    for cut in CUTS:
        assert list(cut) == sorted(cut, key=DIMENSIONS.index)
