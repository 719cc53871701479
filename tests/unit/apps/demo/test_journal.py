"""What the site wrote down is read as it comes, and shown in the one notation."""

import os

import pytest

from route112.adapters.record_spool import prepare_folder
from route112.apps.demo.journal import Journal, list_generations, render_history
from route112.wire.record_lines import render_line

T = 1_795_000_000_000_000


class Writer:
    def __init__(self, folder):
        self.folder = folder
        self.raw = prepare_folder(folder, site="site-demo", now_us=T)

    def write(self, kind, **fields):
        line = render_line(kind, {"t": T, "site": "site-demo", **fields}, key=self.raw.key)
        os.write(self.raw.descriptor, line.encode("ascii"))


@pytest.fixture
def site(tmp_path):
    return Writer(tmp_path / "records")


def test_a_call_is_found_as_soon_as_it_is_written(site):
    journal = Journal(site.folder)
    assert journal.find("a@b").records == []
    site.write("decision", call="a@b", by="python", g=1, trace="15 @29019 -> CRRA15-29 [g1]")
    found = journal.find("a@b")
    assert render_history(found) == "15 @29019 -> CRRA15-29 [g1]"
    assert list_generations(found) == {"1"}
    site.write("end", call="a@b", outcome="answered")
    journal.refresh()
    assert [record.kind for record in journal.find("a@b").records] == ["decision", "end"]


def test_tries_that_failed_follow_the_decision(site):
    site.write("decision", call="a@b", by="python", g=1, trace="from Python")
    site.write("decision", call="a@b", by="native", g=2, trace="from the table")
    site.write("failed", call="a@b", psap="CRRA15-29", cause="timeout", code=408)
    site.write("failed", call="a@b", psap="", number="+33465710001", cause="reply", code=486)
    site.write("failed", call="a@b", psap="CRRA15-56", cause="transport", code=0)
    site.write("failed", call="a@b", psap="CRRA15-75", cause="")
    history = Journal(site.folder).find("a@b")
    assert render_history(history) == (
        "from the table -> CRRA15-29 SILENT -> +33465710001 says 486 -> CRRA15-56 UNSENT "
        "-> CRRA15-75 FAILED"
    )
    assert list_generations(history) == {"1", "2"}


def test_a_call_without_records_says_so(site):
    assert render_history(Journal(site.folder).find("none")) == "no record"


def test_events_are_found_by_kind_and_generation(site):
    journal = Journal(site.folder)
    site.write("site", event="native-flip", g=1, reason="slot-a")
    site.write("site", event="native-flip", g=1, reason="slot-b")
    assert journal.find_event("native-flip", 1).get("reason") == "slot-b"
    assert journal.find_event("native-flip", 2) is None
    assert journal.find_event("snapshot", 1) is None
