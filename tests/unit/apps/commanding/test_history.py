import json

from tests.support.commanded import commanded, stamp
from tests.support.typing_commands import report_all, type_in


def test_what_runs_and_what_ended_is_shown(tmp_path):
    with commanded(tmp_path) as planner:
        assert type_in(planner, "history").stdout == "nothing was changed yet\n"
        report_all(planner)
        body = stamp(kind="maintenance", stations=["site-2"], reason="new cards")
        asked = planner.ask("POST", "/changes", body, via="second").json
        planner.ask("POST", "/approvals", {"hash": asked["hash"]})
        shown = type_in(planner, "history", via="reader")
        assert "new cards" in shown.stdout
        assert "proof at site-2" in shown.stdout
        told = json.loads(type_in(planner, "history", "--json").stdout)
        assert told["current"]["author"] == "second"
        refused = type_in(planner, "history", via="stranger")
        assert refused.exit_code == 1
        assert "nobody in people.yaml is known by your identity" in refused.stderr
