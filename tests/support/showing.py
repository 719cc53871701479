"""What a watch shows, for tests of those who show it on."""

from tests.support.seen import T0

from route112.adapters.watch_store import Found
from route112.apps.watch.shown import Figures, Shown, ShownSeries
from route112.watch.findings import Finding, FindingKind
from route112.watch.series import Series


def figures(**values):
    usual = {"attempts": 100, "ended": 90, "answered": 80, "anonymous": 2, "callers": 50,
             "failed": 5, "ring_ms": 40, "answer_ms": 900, "parties": {"psap": 3}}  # fmt: skip
    return Figures(**{**usual, **values})


def show_series(*pairs, is_tries=False, late=None, total=None, **values):
    usual = {"usual_per_min": 12.0, "floor_s": 90.0}
    return ShownSeries(
        name=str(Series(pairs)), pairs=pairs, is_tries=is_tries, late=late or figures(),
        total=total or figures(), **{**usual, **values},
    )  # fmt: skip


def make_shown(*series, **values):
    usual = {"at_us": T0, "watch_us": T0, "sources": 3, "records": 1_234, "calls": 200}
    return Shown(series=series, **{**usual, **values})


def make_found(*pairs, kind=FindingKind.DROUGHT, id_=1):
    finding = Finding(kind=kind, series=Series(pairs), since_us=T0, at_us=T0, expected=1.0,
                      seen=0.0, strength=16.0, floor_s=float("inf"))  # fmt: skip
    return Found(id_, finding, None)
