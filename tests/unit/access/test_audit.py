import pytest
from tests.support.commanding import NOW, PEOPLE, ask, user

from route112.access import (
    AUDIT,
    Approval,
    Desk,
    Identity,
    Ruling,
    Via,
    judge,
    note,
    parse_audit,
    render_entry,
    restore_desk,
)
from route112.wire.chained import begin_chain, render_chained


def play():
    """An order that waits and is approved, one that waits still, and what is refused."""
    desk, end, log, verdicts = Desk(), AUDIT, b"", []
    first = judge(ask(), desk, PEOPLE, now=NOW)
    asked = [
        ask(),
        Approval(request=first.hash, by=user("operator")),
        Approval(request=first.hash, by=user("operator")),
        ask("order divert", arguments={"psap": "CRRA15-29", "to_psap": "CRRA15-56 100 %"}),
        ask("status", by="reader"),
        ask(by=Identity(Via.CERTIFICATE, "x\n" * 200), reason="x" * 9_999),
        Approval(request="..", by=user("reader")),
        Approval(request="0" * 64, by=user("crisis")),
    ]
    for number, each in enumerate(asked):
        verdict = judge(each, desk, PEOPLE, now=NOW + number)
        desk = note(desk, verdict)
        line, end = render_entry(verdict, end)
        log += line
        verdicts.append(verdict)
    return log, verdicts, desk, end


def test_a_log_is_read_as_it_was_written():
    log, verdicts, desk, end = play()
    audit = parse_audit(log)
    assert (audit.end, audit.size, audit.torn, audit.flaw) == (end, len(log), 0, "")
    assert list(audit.verdicts) == verdicts
    assert restore_desk(audit.verdicts) == desk
    assert [len(desk.waiting), len(desk.used)] == [1, 1]


def test_whoever_is_killed_forgets_nothing():
    log, verdicts, *_ = play()
    lines = log.splitlines(keepends=True)
    for count in range(len(lines)):
        torn = b"".join(lines[:count]) + lines[count][:40]
        audit = parse_audit(torn)
        assert list(audit.verdicts) == verdicts[:count]
        assert (audit.torn, audit.flaw) == (40, "")
    desk = restore_desk(parse_audit(b"".join(lines[:2])).verdicts)
    again = judge(
        Approval(request=verdicts[0].hash, by=user("operator")), desk, PEOPLE, now=NOW + 9
    )
    assert (again.ruling, again.reason) == (Ruling.REFUSED, "replayed")


def test_a_line_is_readable():
    line = play()[0].splitlines()[1].decode()
    assert line.startswith(
        f"C1 allowed n=2 t={NOW + 1} what=approval by=system-user:operator cause="
        " author=crisis approver=operator hash="
    )
    assert " verb=order%20pause asker=system-user:crisis " in line
    assert " reason=flooded a_psap=CRRA15-29 sha256=" in line


def test_an_altered_log_is_found():
    log, *_ = play()
    altered = log.replace(b"a_psap=CRRA15-29", b"a_psap=CRRA15-56", 1)
    audit = parse_audit(altered)
    assert audit.flaw == "line 1: it was altered, or does not follow the line before it"
    assert audit.verdicts == ()


def fields(**changed):
    verdict = judge(ask(), Desk(), PEOPLE, now=NOW)
    line = render_entry(verdict, AUDIT)[0]
    words = dict(word.split("=", 1) for word in line.decode().split(" ")[4:-1])
    return {name: value for name, value in (words | changed).items() if value is not None}


@pytest.mark.parametrize(
    "changed",
    [
        {"what": "rumour"},
        {"by": "token:a"},
        {"cause": "none-of-them"},
        {"hash": "0" * 64},
        {"until": "soon"},
        {"author": None},
        {"nonce": "x"},
        {"verb": None},
    ],
)
def test_a_sealed_line_that_says_what_no_verdict_says_is_found(changed):
    line, _ = render_chained("waiting", fields(**changed), time_us=NOW, after=AUDIT)
    audit = parse_audit(line)
    assert (audit.verdicts, audit.flaw) == ((), "line 1: it says what no verdict says")


def test_a_refusal_without_a_request_is_read():
    line, end = render_chained(
        "refused", fields(verb=None, hash="zz", until="0"), time_us=NOW, after=AUDIT
    )
    assert parse_audit(line).flaw
    nothing = fields(verb=None, hash="", until="0")
    line, end = render_chained("refused", nothing, time_us=NOW, after=AUDIT)
    assert parse_audit(line).end == end
    line, end = render_chained("refused", nothing | {"until": "5"}, time_us=NOW, after=AUDIT)
    assert parse_audit(line).flaw, "what counts once has a request"


def test_another_file_is_no_audit_log():
    line, _ = render_entry(judge(ask(), Desk(), PEOPLE, now=NOW), begin_chain("journal"))
    assert parse_audit(line).flaw
