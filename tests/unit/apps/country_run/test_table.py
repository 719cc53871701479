from io import StringIO

from rich.console import Console

from route112.apps.country_run.footprint import Footprint
from route112.apps.country_run.state import Entry, Process, UpState, own_process
from route112.apps.country_run.survey import Breaker, Sample
from route112.apps.country_run.table import make_table, measure_rate, show_age
from route112.model import UtcTime

NOW = UtcTime(1_000_000_000_000)
GONE = Process(pid=2**22, start_ticks=1)


def make_entry(id_="site-1", **changes):
    values = {
        "id": id_, "kind": "site", "address": "127.0.1.1:5060", "folder": "/r", "leader": GONE,
        "started_us": NOW - 65_000_000, "restarts": 1, "kamailio_restarts": 2, "last_end": "",
    } | changes  # fmt: skip
    return Entry(**values)


def make_sample(id_="site-1", **changes):
    return Sample(**{"entry": make_entry(id_), "at_s": 1.0, "state": "up"} | changes)


def make_state(**changes):
    values = {
        "name": "demo", "topology": "", "plan": "", "exercise": False, "up": own_process(),
        "is_ready": True, "began_us": 0, "members": (),
    } | changes  # fmt: skip
    return UpState(**values)


def show(state, before, after, *, color=None, width=160):
    out = StringIO()
    terminal = Console(file=out, width=width, force_terminal=bool(color), color_system=color)
    terminal.print(make_table(state, before, after, now=NOW, width=width))
    return [line.rstrip() for line in out.getvalue().splitlines()]


BUSY = make_sample(
    at_s=3.0, python_generation=43, native_generation=42, invites=30, ringing=4,
    refused={"shed": 2, "way-out": 3}, footprint=Footprint(9, 25_600),
)  # fmt: skip
EDGE = make_sample(
    "bruyere-edge-1", entry=make_entry("bruyere-edge-1", kind="edge"), native_generation=42, ringing=0,
    breakers={"site-2": Breaker(until_s=1_000_004, hold_s=5), "site-3": Breaker(until_s=5, hold_s=5)},
)  # fmt: skip


def test_one_row_for_each_member():
    head, columns, site, edge, *_ = show(make_state(), [make_sample(invites=10)], [BUSY, EDGE])
    assert head == "demo: 2 of 2 run"
    assert columns.split()[:4] == ["member", "address", "state", "for"]
    assert " ".join(site.split()) == "site-1 127.0.1.1:5060 up 1 min 3 g43 g42 10.0 4 5 25"
    assert " ".join(edge.split()) == "bruyere-edge-1 127.0.1.1:5060 up 1 min 3 - g42 - 0 - 0"


def test_what_an_edge_holds_off_stands_below():
    assert show(make_state(), [], [BUSY, EDGE])[4:] == [
        "bruyere-edge-1 holds site-2 off, for 4 s more",
        "bruyere-edge-1 holds site-3 off, but for one call that tries",
    ]


def test_at_which_address_somebody_is_deaf_stands_below():
    deaf = make_sample(state="degraded", silent="udp:[::1]:5060")
    assert show(make_state(), [], [deaf])[3:] == ["site-1 does not answer at udp:[::1]:5060"]


def test_a_narrow_terminal_gets_fewer_columns_and_no_cut_ones():
    lines = show(make_state(), [], [BUSY, EDGE], width=80)
    heads = "member state restarts python native calls/s ringing refused"
    assert " ".join(lines[1].split()) == heads
    assert "…" not in "".join(lines)
    assert max(map(len, lines)) <= 80


def test_columns_line_up():
    _, columns, site, edge, *_ = show(make_state(), [], [BUSY, EDGE])
    for name in ("address", "state"):
        at = columns.index(name)
        assert site[at - 2 : at] == edge[at - 2 : at] == "  "
    at = columns.index("restarts") + len("restarts")
    assert site[at - 1] == edge[at - 1] == "3"


def test_who_is_down_has_no_age_and_is_counted():
    head, _, row = show(make_state(), [], [make_sample(state="down")])
    assert head == "demo: 0 of 1 run"
    assert " ".join(row.split()) == "site-1 127.0.1.1:5060 down - 3 - - - - - 0"


def test_an_exercise_and_a_dead_up_stand_above_it():
    head, *_ = show(make_state(exercise=True, up=GONE), [], [BUSY])
    assert head == "demo: EXERCISE, 1 of 1 run; `up` itself does NOT run: nothing is started again"


def test_colour_is_for_terminals():
    assert "\x1b[32mup" in "".join(show(make_state(), [], [BUSY], color="standard"))


def test_rates_need_two_looks_at_one_kamailio():
    assert measure_rate([], [BUSY]) == {}
    assert measure_rate([make_sample()], [BUSY]) == {}
    assert measure_rate([make_sample(invites=31)], [BUSY]) == {}, "it was started anew"
    assert measure_rate([make_sample(invites=30, at_s=3.0)], [BUSY]) == {}
    assert measure_rate([make_sample(invites=25)], [BUSY]) == {"site-1": 2.5}


def test_ages():
    ages = {0: "0 s", 59: "59 s", 60: "1 min", 7_199: "1 h", 172_800: "2 d"}
    assert {seconds: show_age(seconds * 1_000_000) for seconds in ages} == ages
    assert show_age(-5) == "0 s", "the clock was set"
