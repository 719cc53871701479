"""What edges and sites wrote down is read as it comes, and shown in the one notation."""

import os

import pytest

from route112.adapters.record_spool import prepare_folder
from route112.apps.demo.journal import Journal
from route112.wire.record_lines import render_line

T = 1_795_000_000_000_000
EDGE, OTHER, FIRST, SECOND = "bruyere-edge-1", "ecume-edge-1", "site-1", "site-2"


class Writer:
    def __init__(self, run, member):
        self.member = member
        self.raw = prepare_folder(run / member / "records", site=member, now_us=T)
        self.now_us = T

    def write(self, kind, call="a@b", **fields):
        self.now_us += 1_000
        values = {"t": self.now_us, "site": self.member, "call": call, **fields}
        line = render_line(kind, values, key=self.raw.key)
        os.write(self.raw.descriptor, line.encode("ascii"))


@pytest.fixture
def writers(tmp_path):
    return {member: Writer(tmp_path, member) for member in (EDGE, OTHER, FIRST, SECOND)}


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path, edges=(EDGE, OTHER), sites=(FIRST, SECOND))


def test_a_call_without_a_detour_is_its_sites_decision(writers, journal):
    writers[EDGE].write("pass", n=1, to=FIRST, hop="127.0.1.1:5060")
    writers[FIRST].write("decision", by="python", g=1, trace="15 @29019 -> CRRA15-29 [g1]")
    journal.refresh()
    assert journal.render("a@b") == ("15 @29019 -> CRRA15-29 [g1]",)


def test_the_sites_that_an_edge_tried_come_first(writers, journal):
    writers[EDGE].write("pass", n=1, to=FIRST)
    writers[EDGE].write("returned", n=1, to=FIRST, cause="timeout", code=408)
    writers[EDGE].write("pass", n=2, to=SECOND)
    writers[SECOND].write("decision", by="python", g=1, trace="15 @29019 -> CRRA15-29 [g1]")
    journal.refresh()
    assert journal.render("a@b") == (
        "bruyere-edge-1 -> site-1 SILENT -> site-2",
        "15 @29019 -> CRRA15-29 [g1]",
    )


def test_the_direct_way_is_the_edges_decision(writers, journal):
    for number, (site, cause) in enumerate(((FIRST, "transport"), (SECOND, "reply")), start=1):
        writers[EDGE].write("pass", n=number, to=site)
        writers[EDGE].write("returned", n=number, to=site, cause=cause, code=503)
    writers[SECOND].write("decision", by="python", g=1, trace="what a site wanted")
    writers[EDGE].write("decision", by="native", g=1, trace="15 @29019 -> direct [g1]")
    journal.refresh()
    assert journal.render("a@b") == (
        "bruyere-edge-1 -> site-1 UNSENT -> site-2 says 503 -> direct",
        "15 @29019 -> direct [g1]",
    )


def test_the_latest_decision_counts_and_failed_gateways_follow_it(writers, journal):
    site = writers[FIRST]
    site.write("decision", by="python", g=1, trace="from Python")
    site.write("decision", by="native", g=1, trace="from the table")
    site.write("try", n=1, hop="127.0.9.1:5060")
    site.write("failed", n=1, hop="127.0.9.1:5060", cause="timeout", ms=6004)
    site.write("failed", n=1, hop="127.0.9.2:5060", cause="")
    site.write("try", n=2, hop="127.0.4.1:5060")
    journal.refresh()
    assert journal.render("a@b") == (
        "from the table",
        "at 127.0.9.1:5060 SILENT for 6.0 s -> 127.0.9.2:5060 FAILED -> 127.0.4.1:5060",
    )


def test_what_was_written_since_is_read_and_the_call_with_most_detours_chosen(writers, journal):
    writers[FIRST].write("decision", call="plain@b", by="python", g=1, trace="plain")
    journal.refresh()
    writers[FIRST].write("decision", call="late@b", by="python", g=1, trace="late")
    writers[OTHER].write("returned", call="late@b", n=1, to=SECOND, cause="timeout")
    journal.refresh()
    assert journal.choose(["plain@b", "late@b", "unknown@b"]) == "late@b"
    assert journal.choose(["plain@b", "unknown@b"]) == "plain@b", "the first of several"


def test_sites_that_had_a_ring_serve(writers, journal):
    writers[SECOND].write("ring", code=180, ms=4)
    writers[FIRST].write("decision", by="python", g=1, trace="no ring")
    journal.refresh()
    assert journal.list_serving(["a@b", "unknown@b"]) == (SECOND,)


def test_a_call_without_records_says_so(journal):
    assert journal.render("none") == ("no record",)
