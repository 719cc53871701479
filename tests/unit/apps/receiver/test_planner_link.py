import contextlib
import datetime as dt
import time

import pytest
from tests.support.certificates import write_certificates
from tests.support.commanded import Commanded, until
from tests.support.lying import Lying, answer, drip, flood, hang

from route112.apps.certificates.ends import TlsFiles
from route112.apps.certificates.kept import KeptContext
from route112.apps.receiver import planner_link as module
from route112.apps.receiver.planner_link import LinkError, Place, PlannerLink, make_context
from route112.replication import NOTHING, Report, Wanted, render_report, render_wanted

WANTED = Wanted(7, "a" * 64, 10)


@pytest.fixture
def planner(tmp_path):
    with Lying(tmp_path / "socket") as planner:
        yield planner


@pytest.fixture
def link(planner):
    return PlannerLink(Place.parse(f"unix:{planner.path}", None), "site-1")


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(module, "STEP_S", 0.2)
    monkeypatch.setattr(module, "ANSWER_S", 0.4)
    monkeypatch.setattr(module, "FETCH_S", 0.4)


def test_a_report_goes_out_and_what_is_wanted_comes_back(planner, link):
    planner.answers["POST"] = answer(render_wanted(WANTED))
    assert link.ask(b"report") == WANTED
    assert planner.asked == [("POST", "/stations/site-1/report", b"report")]
    assert "Prefer: wait=1" in planner.heads[0].splitlines()
    planner.answers["POST"] = answer(render_wanted(NOTHING))
    assert link.ask(b"report") == NOTHING


def test_a_file_comes_in_parts(planner, link):
    parts = []
    planner.answers["GET"] = answer(b"abcdefghij")
    assert link.fetch(WANTED, lambda: parts.append(1)) == b"abcdefghij"
    assert (planner.asked[0][1], parts) == (f"/snapshots/{'a' * 64}", [1])


def test_no_more_is_read_than_was_said(planner, link):
    planner.answers["GET"] = flood
    assert len(link.fetch(WANTED, lambda: None)) == 11


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (answer(b"nothing of the kind"), "nonsense"),
        (answer(b"x" * 3_000_000), "nonsense"),
        (answer(b"", status="503 Service Unavailable"), "status-503"),
        (answer(b"", status="302 Found"), "status-302"),
        (b"no HTTP at all\r\n\r\n", "unreachable"),
        (b"", "unreachable"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1_000 + b"\r\n", "unreachable"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 200_000 + b"\r\n\r\n", "unreachable"),
    ],
)
def test_nonsense_is_no_answer(planner, link, said, reason):
    planner.answers["POST"] = said
    with pytest.raises(LinkError) as error:
        link.ask(b"report")
    assert error.value.reason == reason


@pytest.mark.parametrize("lie", [hang, drip])
@pytest.mark.parametrize("word", ["POST", "GET"])
def test_one_that_hangs_or_drips_is_not_waited_for(planner, link, impatient, lie, word):
    planner.answers[word] = lie
    began_s = time.monotonic()
    with pytest.raises(LinkError) as error:
        link.ask(b"report") if word == "POST" else link.fetch(WANTED, lambda: None)
    assert error.value.reason in ("too-slow", "unreachable")
    assert time.monotonic() - began_s < 3


def test_a_file_that_is_cut_is_no_file(planner, link):
    planner.answers["GET"] = answer(b"abcde", length=10)
    with pytest.raises(LinkError) as error:
        link.fetch(WANTED, lambda: None)
    assert error.value.reason == "cut"


def test_nobody_there(tmp_path):
    link = PlannerLink(Place.parse(f"unix:{tmp_path / 'none'}", None), "site-1")
    with pytest.raises(LinkError) as error:
        link.ask(b"report")
    assert error.value.reason == "unreachable"


def test_where_a_planner_may_be(tmp_path):
    files = write_certificates(tmp_path, "127.0.0.1")
    made = make_context(files.certificate, files.key, files.authority)

    def context():
        return made

    place = Place.parse("https://[::1]:8112/", context)
    assert (place.host, place.port) == ("::1", 8112)
    for text in ("http://127.0.0.1:8112", "127.0.0.1:8112", "https://127.0.0.1", "unix"):
        with pytest.raises(ValueError, match=r".+"):
            Place.parse(text, context)
    for text in ("https://planner.example:8112", "https://localhost:8112"):
        with pytest.raises(ValueError, match="numeric"):
            Place.parse(text, context)
    with pytest.raises(ValueError, match="needs a certificate"):
        Place.parse("https://127.0.0.1:8112", None)
    with pytest.raises(OSError, match=r".+"):
        make_context(files.key, files.certificate, files.authority)


@pytest.mark.parametrize("whose", ["site-1", "planner"])
def test_a_certificate_that_has_ended_is_renewed_while_both_run(tmp_path, whose):
    line = render_report(Report(station="site-1", number=0, content_hash=""))
    planner = Commanded(tmp_path)
    planner.authority.issue(whose, ends=dt.datetime(2021, 1, 1, tzinfo=dt.UTC))
    with contextlib.ExitStack() as stack:
        stack.callback(planner.start().stop)
        files = TlsFiles(*(tmp_path / name for name in ("site-1.pem", "site-1.key", "ca.pem")))
        kept = KeptContext(files, make_context, say=print)
        place = Place.parse(f"https://127.0.0.1:{planner.port}", kept.get)
        link = PlannerLink(place, "site-1")
        with pytest.raises(LinkError) as error:
            link.ask(line)
        assert error.value.reason == "unreachable"
        planner.authority.issue(whose)
        until(lambda: link.ask(line).number == 42)
