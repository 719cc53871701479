from dataclasses import replace

from tests.support.plans import OPERATORS, make_subject, messages

from route112.model import DialectRule
from route112.planning.checks.operators import check_operators, check_sources

NUMBER = DialectRule(field="number", place="request-uri-user", pattern="^([0-9]{2,6})$")
SOUND = replace(OPERATORS["bruyere"], sources=("127.0.2.0/28", "::1/128"), dialect=(NUMBER,))


def ask(check, *operators):
    return list(check(make_subject(operators={row.id: row for row in operators})))


def owners(*pairs):
    return [replace(SOUND, id=name, sources=sources) for name, *sources in pairs]


def test_sound_operators_pass():
    other = replace(SOUND, id="genet", sources=("127.0.2.16/28", "127.0.0.1/32"))
    for check in (check_operators, check_sources):
        assert ask(check, SOUND, other) == []


def test_a_default_commune_that_does_not_exist_is_an_error():
    odd = replace(SOUND, id="x", default_commune="99999")
    assert messages(ask(check_operators, odd)) == [
        ("error", "operator-commune", "the default commune '99999' of operator x does not exist")
    ]
    assert ask(check_operators, replace(SOUND, default_commune="29001")) == []
    assert ask(check_operators, replace(SOUND, default_commune="")) == []


def test_an_operator_without_a_rule_for_the_number_is_a_warning():
    mute = replace(SOUND, dialect=(replace(NUMBER, field="caller"),))
    assert messages(ask(check_operators, mute)) == [
        (
            "warning",
            "operator-no-number",
            (
                "no rule of operator bruyere finds the number that was dialled; the user part of "
                "the request URI is taken as it stands"
            ),
        )
    ]


def test_an_operator_that_may_send_from_nowhere_is_a_warning():
    (problem,) = ask(check_sources, replace(SOUND, sources=()))
    assert problem.message == (
        "operator bruyere has no source, so every call of it would be refused"
    )
    assert problem.file == "operators/bruyere.yaml"


def test_an_address_that_two_operators_may_send_from_is_an_error():
    (problem,) = ask(
        check_sources, *owners(("a", "127.0.2.0/24"), ("b", "127.0.2.7/32", "127.0.3.0/24"))
    )
    assert problem.message == (
        "operators a (127.0.2.0/24) and b (127.0.2.7/32) may both send from 127.0.2.7/32, so "
        "that nobody could tell whose call it is"
    )
    assert (problem.file, problem.value) == ("operators/b.yaml", "127.0.2.7/32")


def test_every_overlap_is_found_however_the_networks_are_nested():
    found = ask(
        check_sources,
        *owners(
            ("a", "10.0.0.0/8", "10.1.2.0/24", "2001:db8::/32"),
            ("b", "10.1.0.0/16", "192.0.2.0/24", "::a00:0/128"),
            ("c", "2001:db8::1/128", "10.1.2.0/24"),
        ),
    )
    assert sorted(problem.message.partition(" may")[0] for problem in found) == [
        "operators a (10.0.0.0/8) and b (10.1.0.0/16)",
        "operators a (10.1.2.0/24) and c (10.1.2.0/24)",
        "operators a (2001:db8::/32) and c (2001:db8::1/128)",
        "operators b (10.1.0.0/16) and a (10.1.2.0/24)",
    ]


def test_one_operator_may_list_a_network_and_a_part_of_it():
    assert ask(check_sources, *owners(("a", "10.0.0.0/8", "10.1.0.0/16"))) == []
