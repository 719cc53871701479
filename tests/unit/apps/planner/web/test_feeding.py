"""Stations over the real sockets; who is one, and what he gets, is in test_api too."""

from tests.support.commanded import commanded


def test_a_mistake_in_the_list_of_stations_is_told(tmp_path):
    with commanded(tmp_path) as planner:
        (planner.planner / "stations.yaml").write_text("stations: 1\n")
        refused = planner.ask("GET", f"/snapshots/{'a' * 64}", via="site-1")
        assert refused.reason == "no-station"
        assert refused.json["todo"].startswith("Mend ")
        assert planner.last[:2] == ("refused", "unknown-identity")
        assert planner.ask("GET", f"/snapshots/{'a' * 64}").status == 410, "nothing to fetch"
