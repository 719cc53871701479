import os

import pytest
from tests.support.commanding import NOW, ask, user

from route112.access import Approval, Identity, Reason, Ruling, Via
from route112.apps.planner.auditing import AuditError, AuditLog
from route112.apps.planner.desk import PEOPLE_BYTES_MAX, AccessDesk, name_route

PEOPLE = """
people:
  - {id: first, system_users: [crisis], roles: [crisis]}
  - {id: second, system_users: [operator], roles: [operator]}
"""


@pytest.fixture
def desk(tmp_path):
    (tmp_path / "people.yaml").write_text(PEOPLE)
    desk = AccessDesk(tmp_path, now=lambda: NOW)
    yield desk
    desk.close()


def test_two_persons_agree_and_a_killed_desk_remembers(desk, tmp_path):
    waiting = desk.ask(ask())
    assert waiting.ruling is Ruling.WAITING
    desk.close()
    again = AccessDesk(tmp_path, now=lambda: NOW)
    ((key, each),) = again.list_waiting()
    assert (key, each.author) == (waiting.hash, "first")
    assert again.approve(Approval(request=key, by=user("operator"))).ruling is Ruling.ALLOWED
    assert again.list_waiting() == []
    assert [each.hash for each in again.list_allowed()] == [waiting.hash]
    again.close()


def test_a_preview_writes_nothing(desk, tmp_path):
    before = (tmp_path / "audit.log").read_bytes()
    assert desk.preview(ask()).ruling is Ruling.WAITING
    assert (tmp_path / "audit.log").read_bytes() == before
    assert desk.list_waiting() == []


def test_what_cannot_be_judged_is_written_down(desk):
    verdict = desk.refuse(user("x" * 300), "http", Reason.MALFORMED)
    assert (verdict.ruling, verdict.reason) == (Ruling.REFUSED, Reason.MALFORMED)
    impossible = desk.refuse(user("crisis"), "order pause", Reason.IMPOSSIBLE, ask())
    assert impossible.request == ask()
    desk.close()


def test_an_odd_certificate_leaves_a_log_that_can_be_read(desk, tmp_path):
    odd = Identity(Via.CERTIFICATE, "CN=a\u00a0b")
    desk.refuse(odd, "http GET /nowhere", Reason.MALFORMED)
    assert desk.ask(ask(by=odd)).reason is Reason.MALFORMED
    desk.close()
    again = AccessDesk(tmp_path, now=lambda: NOW)
    assert again.ask(ask()).ruling is Ruling.WAITING
    again.close()


def test_people_are_read_anew_when_they_change(desk, tmp_path):
    assert desk.find_person(user("crisis")) == "first"
    (tmp_path / "people.yaml").write_text(PEOPLE.replace("[crisis], roles", "[anna], roles"))
    assert desk.ask(ask(nonce="1" * 16)).reason is Reason.UNKNOWN_IDENTITY
    assert desk.find_person(user("anna")) == "first"
    assert desk.flaw == ""


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.write_text(PEOPLE.replace("[crisis]}", "[king]}")), "no such role"),
        (lambda path: path.write_text(PEOPLE * 2), "people.yaml"),
        (lambda path: path.unlink(), "cannot be read"),
        (lambda path: path.chmod(0o666), "people.yaml, so nobody"),
        (lambda path: path.parent.chmod(0o777), "anybody may write"),
        (lambda path: path.write_text("#" * (PEOPLE_BYTES_MAX + 1)), "more than 1,048,576 bytes"),
    ],
)
def test_one_mistake_and_nobody_may_do_anything(desk, tmp_path, spoil, said):
    spoil(tmp_path / "people.yaml")
    assert desk.ask(ask()).reason is Reason.UNKNOWN_IDENTITY
    assert said in desk.flaw
    assert "nobody may do anything" in desk.flaw
    tmp_path.chmod(0o1777)
    (tmp_path / "people.yaml").unlink(missing_ok=True)
    (tmp_path / "people.yaml").write_text(PEOPLE)
    assert desk.ask(ask(nonce="2" * 16)).ruling is Ruling.WAITING
    assert desk.flaw == ""


def test_nothing_is_answered_without_a_line(desk, monkeypatch):
    def full(*_args):
        raise AuditError("full")

    monkeypatch.setattr(AuditLog, "append", full)
    with pytest.raises(AuditError):
        desk.ask(ask())
    monkeypatch.undo()
    assert desk.list_waiting() == []


def test_a_disk_that_was_mended_is_written_to_again(desk, tmp_path, monkeypatch):
    waiting = desk.ask(ask())
    approval = Approval(request=waiting.hash, by=user("operator"))

    def fail(*_args):
        raise OSError(5, "Input/output error")

    for name in ("fdatasync", "ftruncate"):
        monkeypatch.setattr(os, name, fail)
    with pytest.raises(AuditError, match="Input/output error"):
        desk.approve(approval)
    with pytest.raises(AuditError, match="the audit log"):
        desk.ask(ask(nonce="f" * 16))
    monkeypatch.undo()
    assert desk.ask(ask(nonce="f" * 16)).ruling is Ruling.WAITING
    assert desk.approve(approval).reason is Reason.REPLAYED, "its line was on the disk"
    assert desk.list_allowed() == [], "and who approved was told that nothing is done"
    desk.close()
    again = AccessDesk(tmp_path, now=lambda: NOW)
    assert again.list_allowed() == []
    again.close()


def test_a_route_without_a_verb_has_a_short_name():
    assert name_route("GET", "/a\nb") == "http GET /a?b"
    assert len(name_route("GET", "/" + "a" * 300)) == 60
