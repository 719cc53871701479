"""What rang is what PSAPs wrote down, joined by Call-ID; a planted fault is found."""

import pytest

from route112.apps.demo.calls import DemoCall, Outcome, Ring, join_logs, render_injection

CALL = DemoCall(
    key=1,
    dialled="15",
    commune="29019",
    name="Brest",
    operator="bruyere",
    technology="mobile",
    psap="CRRA15-29",
    number="+33261910015",
)
CALLER = "called 1-77@route112.demo 1\nanswered 1-77@route112.demo 1\n"


def join(folder, *, caller=CALLER, psaps=None):
    (folder / "caller.log").write_text(caller, encoding="ascii")
    for name, text in (psaps or {}).items():
        (folder / f"psap-{name}.log").write_text(text, encoding="ascii")
    [outcome] = join_logs([CALL], folder)
    return outcome


def test_both_sides_are_joined_by_call_id(tmp_path):
    outcome = join(
        tmp_path,
        psaps={
            "127.0.4.1-5060-udp": "rang 9-77@route112.demo +33261910099\n",
            "127.0.4.2-5060-udp": "rang 1-77@route112.demo +33261910015\n",
        },
    )
    assert outcome == Outcome(
        call=CALL,
        call_id="1-77@route112.demo",
        rings=(Ring("+33261910015", "127.0.4.2-5060-udp"),),
        answered=True,
    )
    assert outcome.right


@pytest.mark.parametrize(
    ("caller", "rang"),
    [
        (CALLER, ""),
        (CALLER, "rang 1-77@route112.demo +33261910056\n"),
        (CALLER, "rang 1-77@route112.demo +33261910015\nrang 1-77@route112.demo +33261910056\n"),
        ("called 1-77@route112.demo 1\n", "rang 1-77@route112.demo +33261910015\n"),
        ("", "rang 1-77@route112.demo +33261910015\n"),
    ],
    ids=["lost", "misrouted", "rang-twice", "unanswered", "never-placed"],
)
def test_a_planted_fault_is_found(tmp_path, caller, rang):
    assert not join(tmp_path, caller=caller, psaps={"127.0.4.1-5060-udp": rang}).right


def test_without_any_log_nothing_is_right(tmp_path):
    [outcome] = join_logs([CALL], tmp_path)
    assert (outcome.call_id, outcome.rings, outcome.right) == ("", (), False)


def test_calls_are_injected_in_order():
    assert render_injection([CALL]) == "SEQUENTIAL\n1;15;29019;bruyere;mobile;\n"
