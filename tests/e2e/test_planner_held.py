"""A plan that somebody copies to a real site by hand: held, adopted by two, and orders again."""

from urllib.parse import unquote

import pytest
from tests.e2e.test_planner import IDS, PSAP, decide, has_all
from tests.support.asked_planner import OWN, AskedPlanner
from tests.support.certificates import write_authority
from tests.support.country_run import prepare_country, wait_until
from tests.support.planned import render_demo_profile
from tests.support.site_run import offer
from tests.support.snapshots import small_content

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

HTTPS = "127.0.0.1:8112"
PEOPLE = f"""\
people:
  - id: first
    system_users: ["{OWN}"]
    psap: {PSAP}
    roles: [planner, reader]
  - id: second
    certificates: ["CN=second"]
    roles: [operator]
"""


@pytest.fixture
def country(tmp_path):
    plan = tmp_path / "plan.r112"
    offer(plan, 42)
    (tmp_path / "profile.yaml").write_bytes(render_demo_profile())
    authority = write_authority(tmp_path / "ca.pem")
    for name in ("planner", "second"):
        authority.issue(name)
    with prepare_country(tmp_path, plan) as prepared:
        (prepared.run_dir / "planner").mkdir(parents=True)
        (prepared.run_dir / "planner" / "people.yaml").write_text(PEOPLE)
        yield prepared


def test_a_site_with_a_plan_of_somebody_else_gets_orders_on_it(country):
    files = {
        "--profile": "profile.yaml", "--cert": "planner.pem",
        "--key": "planner.key", "--client-ca": "ca.pem",
    }  # fmt: skip
    named = [word for key, name in files.items() for word in (key, str(country.folder / name))]
    words = ("--detach", "--planner", "--https", HTTPS, *named)
    result = country.run(*country.list_up(*words, only=IDS))
    assert result.returncode == 0, result.stderr
    country.note()
    planner = AskedPlanner(country.run_dir / "planner")
    place = ("--planner", f"unix:{planner.socket}")
    wait_until(lambda: has_all(planner, 42), "all sites say what they have")

    served = country.run_dir / "plans" / "site-1.r112"
    offer(served, 60, valid_until=small_content().valid_until + 1)
    wait_until(lambda: planner.stations["site-1"]["held"] == "ahead", "it is held")
    copied = country.folder / "site-1.r112"
    copied.write_bytes(served.read_bytes())
    order = planner.order("pause", PSAP)["order"]
    wait_until(lambda: order in decide(country, "site-2"), "the other one has the order")
    assert planner.stations["site-1"]["generation"] == 60
    assert order not in decide(country, "site-1")

    shown = country.run_plain("change", "adopt", *place)
    assert shown.stdout == "site-1 has g60, ahead: nothing is sent there\n", shown.stderr
    asked = country.run_plain(
        "change", "adopt", str(copied), "--reason", "by hand", "--json", *place
    )
    assert asked.returncode == 0, asked.stderr
    (waiting,) = planner.ask("GET", "/waiting")[1]["waiting"]
    own = {"--cert": "second.pem", "--key": "second.key", "--ca": "ca.pem"}
    named = [word for key, name in own.items() for word in (key, str(country.folder / name))]
    told = country.run_plain("approve", waiting["hash"], "--planner", f"https://{HTTPS}", *named)
    assert "site-1 held no more" in told.stdout, told.stderr
    wait_until(lambda: planner.stations["site-1"]["generation"] > 60, "it gets the next one")
    assert f"order pause {order} by first" in unquote(decide(country, "site-1"))
    wanted = planner.stations
    assert wanted["site-1"]["assigned"] != wanted["site-2"]["assigned"], "each on its own plan"
    code, status = country.status()
    assert (code, [each["restarts"] for each in status["members"]]) == (0, [0] * len(IDS))
    assert country.run("down").returncode == 0
