import pytest

from route112.model import DialectRule, Operator
from route112.wire.documents.operators import parse_operator

OPERATOR = """
id: bruyere
name: Bruyère Mobile
technologies: [mobile]
default_commune: "75056"
"""
PROFILE = (
    OPERATOR
    + r"""technology: mobile
sources: ["127.0.2.0/28", "::1", "2001:DB8::/32", "::1/128"]
share: 4
dialect:
  - {field: number, place: request-uri-user, pattern: '^([0-9]{2,6})$'}
  - {field: commune, place: uri-parameter, name: commune, pattern: '^([0-9][0-9AB][0-9]{3})$'}
  - {field: caller, place: header, name: P-Asserted-Identity, pattern: '(\+[0-9]{6,15})'}
"""
)
RULE = "{field: number, place: request-uri-user, pattern: '^([0-9]{2,6})$'}"


def run(text):
    operator, problems = parse_operator(text.encode(), file="a.yaml")
    return operator, [str(problem).replace("error: a.yaml", "", 1) for problem in problems]


def refusal(old, new):
    assert old in PROFILE
    operator, (problem,) = run(PROFILE.replace(old, new, 1))
    assert operator is None
    return problem


def test_an_operator_that_says_the_least():
    assert run(OPERATOR) == (
        Operator(
            id="bruyere", name="Bruyère Mobile", technologies=("mobile",), default_commune="75056"
        ),
        [],
    )
    assert run(OPERATOR.replace('default_commune: "75056"', ""))[1] == []


def test_an_operator_that_says_all():
    operator, problems = run(PROFILE)
    assert problems == []
    assert operator == Operator(
        id="bruyere",
        name="Bruyère Mobile",
        technologies=("mobile",),
        default_commune="75056",
        technology="mobile",
        sources=("127.0.2.0/28", "::1/128", "2001:db8::/32"),
        share=4,
        dialect=(
            DialectRule(field="number", place="request-uri-user", pattern="^([0-9]{2,6})$"),
            DialectRule(
                field="commune",
                place="uri-parameter",
                name="commune",
                pattern="^([0-9][0-9AB][0-9]{3})$",
            ),
            DialectRule(
                field="caller",
                place="header",
                name="P-Asserted-Identity",
                pattern=r"(\+[0-9]{6,15})",
            ),
        ),
    )


def test_an_operator_with_errors():
    assert run(OPERATOR.replace("[mobile]", "[5g]")) == (
        None,
        [":4 technologies '5g': the technology is not known. Write some of pstn, voip, mobile."],
    )
    assert run("x")[0] is None
    assert run(OPERATOR.replace("name:", "nom:"))[1] == [
        ":2 name: the field name is missing. Add the field.",
        ":3 nom 'Bruyère Mobile': no such field is known here. Correct or remove the field.",
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("technology: mobile", "technology: pstn",
         (":6 technology 'pstn': the technology of its calls is not among its technologies."
          " Add it to technologies, or name another.")),
        ("127.0.2.0/28", "operator.example",
         (":7 sources 'operator.example': the source is no IP address and no network."
          " Write 192.0.2.1, 192.0.2.0/28 or 2001:db8::/64; names are not resolved.")),
        ("127.0.2.0/28", "127.0.2.1/28",
         (":7 sources '127.0.2.1/28': the source is an address inside a network."
          " Write 127.0.2.0/28, or the address alone.")),
        ("share: 4", "share: 0",
         ":8 share '0': the value is not a whole number from 1 to 1,000. Correct the value."),
        ("field: number", "field: sector",
         (":10 dialect[0].field 'sector': the value is not one of those known."
          " Write number or commune or caller or technology or cell or line.")),
        ("place: request-uri-user", "place: body",
         (":10 dialect[0].place 'body': the value is not one of those known."
          " Write request-uri-user or request-uri or uri-parameter or header.")),
        ("request-uri-user,", "request-uri-user, name: x,",
         ":10 dialect[0].name 'x': request-uri-user has no name. Remove it."),
        ("name: commune", "name: a b",
         (":11 dialect[1].name 'a b': the name is no uri parameter's name."
          " Write letters, digits and dashes, at most 64.")),
        ("name: P-Asserted-Identity", f"name: {'X' * 65}",
         (f":12 dialect[2].name '{'X' * 65}': the name is no header's name."
          " Write letters, digits and dashes, at most 64.")),
        ("name: P-Asserted-Identity, ", "",
         (":12 dialect[2].name: the name is no header's name."
          " Write letters, digits and dashes, at most 64.")),
        ("'^([0-9]{2,6})$'", "'^[0-9]{2,6}$'",
         (":10 dialect[0].pattern '^[0-9]{2,6}$': the pattern has 0 groups; the one group is the"
          " value. Write it as docs/formats/sources.md says.")),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(old, new, expected):
    assert refusal(old, new) == expected


def test_sixty_four_sources_and_not_one_more():
    def sources(count):
        listed = ", ".join(f"10.0.0.{host}" for host in range(count))
        return f"{OPERATOR}sources: [{listed}]\n"

    assert len(run(sources(64))[0].sources) == 64
    assert run(sources(65))[1] == [
        ":6 sources: there are more than 64 sources. Write networks instead of single addresses."
    ]


def test_thirty_two_rules_and_not_one_more():
    def rules(count):
        return f"{OPERATOR}dialect: [{', '.join([RULE] * count)}]\n"

    assert len(run(rules(32))[0].dialect) == 32
    assert run(rules(33))[1] == [
        ":6 dialect: there are more than 32 rules. Join rules that differ in their pattern only."
    ]


def test_who_is_told_at_night_and_when_somebody_reached_them():
    known = OPERATOR + "contact: night desk\ncontact_confirmed: 2026-10-05\n"
    operator, problems = run(known)
    assert problems == []
    assert (operator.contact, operator.contact_confirmed) == ("night desk", "2026-10-05")
    operator, (problem,) = run(known.replace("2026-10-05", "lately"))
    assert operator is None
    assert problem.startswith(":7 contact_confirmed 'lately': the value is no day. Write it as")
