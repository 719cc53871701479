from route112.adapters.clock import utc_now
from route112.apps.commanding.client import Told
from route112.apps.commanding.telling import describe, tell_outcome

WAITING = {
    "verb": "activate", "author": "planner-1", "reason": "edition\x1b[2J", "hash": "a" * 64,
    "arguments": {"candidate": "b" * 64, "impact": "4.20%", "soak_s": "60", "stations": "site-3",
        "odd": "1"},
    "approvers": ["operator"], "until_us": utc_now() + 60_000_000,
}  # fmt: skip


def test_what_waits_is_told_in_one_line_that_no_terminal_obeys():
    assert describe(WAITING) == (
        "activate site-3 candidate bbbbbbbbbbbbbbbb impact 4.20% soak 60 s odd 1, by planner-1: "
        "edition\N{REPLACEMENT CHARACTER}[2J"
    )


def test_what_was_done_is_told(capsys):
    done = {
        "hash": "a" * 64, "verb": "change abort", "author": "crisis-1", "approver": "",
        "order": "", "withdrawn": [], "change": "c" * 64,
    }  # fmt: skip
    tell_outcome(Told(200, done), as_json=False)
    assert capsys.readouterr().out == "change abort: crisis-1 asked; change cccccccccccccccc\n"
    tell_outcome(Told(200, done), as_json=True)
    assert '"approver": ""' in capsys.readouterr().out
    tell_outcome(Told(202, WAITING), as_json=False)
    assert "waits for a second person (operator) until" in capsys.readouterr().out
