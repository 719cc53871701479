"""Each command has a verb, each verb a rule, each role an answer, and nothing is allowed by default."""

import re
from pathlib import Path

import click
import pytest
from tests.support.commanding import NOW, PEOPLE, ask

from route112.access import RULES, Approval, Desk, Reason, Role, Ruling, judge, note
from route112.apps.cli import cli

TWO_PERSONS = {
    "activate",
    "change adopt",
    "order alternative",
    "order divert",
    "order pause",
    "order prefect",
    "order resume",
    "plan keys new",
    "plan keys revoke",
    "plan keys rotate",
    "plan keys trust",
    "plan orders",
    "plan sign",
    "restore",
    "site evacuate",
    "site maintain",
    "site upgrade",
}
CALLERS = {"callbacks assign", "callbacks done", "callbacks export", "callbacks list"}
CALLERS |= {"records query", "records tail"}
"""What shows who called."""


def verbs_of(command, path=()):
    """Every command that does something: those without commands below, and groups that may stand alone."""
    context = click.Context(command)
    if not isinstance(command, click.Group):
        yield " ".join(path)
        return
    if command.invoke_without_command and path:
        yield " ".join(path)
    for name in command.list_commands(context):
        yield from verbs_of(command.get_command(context, name), (*path, name))


COMMANDS = set(verbs_of(cli))


def test_each_command_has_a_verb_and_each_verb_a_command():
    assert set(RULES) == COMMANDS
    assert len(COMMANDS) > 40


@pytest.mark.parametrize("verb", sorted(RULES))
def test_each_verb_says_who_may_use_it(verb):
    rule = RULES[verb]
    assert rule.roles
    assert rule.roles < frozenset(Role), "not everybody"
    assert rule.two_person == (verb in TWO_PERSONS)
    assert rule.changes or not rule.approvers


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("verb", sorted(RULES))
def test_each_role_is_judged_for_each_verb(verb, role):
    verdict = judge(ask(verb, by=role.value), Desk(), PEOPLE, now=NOW)
    rule = RULES[verb]
    if verb == "approve":
        assert verdict.reason is Reason.UNKNOWN_VERB, "an approval names its request"
    elif role not in rule.roles:
        assert (verdict.ruling, verdict.reason) == (Ruling.REFUSED, Reason.NOT_YOUR_ROLE)
    else:
        expected = Ruling.WAITING if verb in TWO_PERSONS else Ruling.ALLOWED
        assert (verdict.ruling, verdict.reason) == (expected, Reason.NONE)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("verb", sorted(TWO_PERSONS))
def test_each_role_is_judged_as_the_second_person(verb, role):
    author = f"{min(RULES[verb].roles)}-2"
    waiting = judge(ask(verb, by=author), Desk(), PEOPLE, now=NOW)
    assert waiting.ruling is Ruling.WAITING
    desk = note(Desk(), waiting)
    by = ask(by=role.value).by
    verdict = judge(Approval(request=waiting.hash, by=by), desk, PEOPLE, now=NOW)
    if role in RULES[verb].approvers:
        assert (verdict.ruling, verdict.approver) == (Ruling.ALLOWED, role)
    else:
        assert verdict.reason is Reason.NOT_YOUR_ROLE


@pytest.mark.parametrize("verb", sorted(RULES))
@pytest.mark.parametrize("by", ["nobody", "gone", "stranger"])
def test_whoever_has_no_role_may_nothing(verb, by):
    verdict = judge(ask(verb, by=by, arguments={}), Desk(), PEOPLE, now=NOW)
    assert verdict.ruling is Ruling.REFUSED


def test_only_two_roles_see_who_called():
    for verb in CALLERS:
        assert RULES[verb].roles <= {Role.CRISIS, Role.PRIVACY}
    for verb in set(RULES) - CALLERS:
        assert Role.PRIVACY not in RULES[verb].roles


def test_only_a_crisis_gives_orders_and_only_a_planner_activates():
    orders = {verb for verb in RULES if verb.startswith("order ")} - {"order list"}
    assert {role for verb in orders for role in RULES[verb].roles} == {Role.CRISIS}
    assert RULES["activate"].roles == {Role.PLANNER}


def test_the_document_shows_the_table():
    text = (Path(__file__).parents[3] / "docs" / "access.md").read_text()
    shown = re.findall(r"^\| `([a-z ]+)` \| (.*) \| (.*) \|$", text, re.MULTILINE)
    own = "; its own answering point alone"
    rows = [
        (
            verb,
            ", ".join(sorted(rule.roles)) + own * rule.own_psap,
            ", ".join(sorted(rule.approvers)),
        )
        for verb, rule in sorted(RULES.items())
    ]
    assert shown == rows, "\n" + "\n".join(f"| `{a}` | {b} | {c} |" for a, b, c in rows)
