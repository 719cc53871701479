"""A snapshot with other operators, taken by a running site: both routes follow, nothing restarts."""

import contextlib
from dataclasses import dataclass, field, replace

import pytest
from tests.support.site import NAMES, Caller, Psap, Site, make_operators
from tests.support.site_run import HOST, find_port, run_site

from route112.apps.site.setup import KAMAILIO_FOLDER
from route112.model import DialectRule, Operator
from route112.snapshot.writer import write_snapshot
from route112.wire.record_lines import parse_line

pytestmark = pytest.mark.e2e

TEMPLATE = KAMAILIO_FOLDER / "site.cfg"
SLOW = ((0, 100), (0.01, 180), (2.5, 200))
NEWCOMER, LEAVER = "127.0.2.40", "127.0.2.17"


@dataclass
class Place:
    """What a caller has to know of a site."""

    places: dict
    callers: list = field(default_factory=list)


@pytest.fixture
def psaps():
    made = {name: Psap(host, transport) for name, (host, transport) in NAMES.items()}
    yield made
    for psap in made.values():
        psap.close()


def offer(folder, psaps, generation, operators):
    content = Site(folder, None, psaps, operators=operators).content(generation)
    aside = folder / "offered.new"
    aside.write_bytes(write_snapshot(content))
    return aside.replace(folder / "plan.r112")


def change(operators):
    """Another dialect for the first operator, the second goes, a third comes."""
    rule = DialectRule(field="commune", place="header", name="X-Insee", pattern="^([0-9]{5})$")
    newcomer = Operator(
        id="ajonc",
        name="Ajonc",
        technologies=("voip",),
        technology="voip",
        default_commune="75056",
        sources=(f"{NEWCOMER}/32",),
        dialect=(replace(rule, name="X-Commune", pattern="^([a-z0-9:]+)$"),),
    )
    return newcomer, replace(operators[0], dialect=(rule,))


def write_template(folder, by):
    """Return a template with Python, or one that never gets an answer from it about a call."""
    text = TEMPLATE.read_text(encoding="utf-8")
    if by == "native":
        for question in ("decide", "source"):
            assert f'python_exec("{question}")' in text
            text = text.replace(f'python_exec("{question}")', 'python_exec("nothing")')
    path = folder / "site.cfg.template"
    path.write_text(text, encoding="utf-8")
    return path


def read_attempt(run, call):
    found = []
    for line in (run.run_dir / "records" / "raw.log").read_bytes().splitlines():
        record = parse_line(line)
        if record is not None and record.kind == "attempt" and record.call == call.call_id:
            found.append(record)
    [attempt] = found
    return tuple(attempt.get(name) for name in ("by", "op", "tech", "commune"))


@pytest.mark.parametrize("by", ["python", "native"])
def test_other_operators_are_served_at_once_while_a_call_rings(tmp_path, psaps, by):
    before = make_operators()
    plan = offer(tmp_path, psaps, 42, before)
    port = find_port()
    template = str(write_template(tmp_path, by))
    with contextlib.ExitStack() as stack:
        run = stack.enter_context(run_site(tmp_path, plan, "--template", template, port=port))
        run.wait("native-flip", g=42)
        site = Place({("udp", False): (HOST, port)})
        stack.callback(lambda: [caller.close() for caller in site.callers])
        known, newcomer, leaver = (
            Caller(site),
            Caller(site, host=NEWCOMER),
            Caller(site, host=LEAVER),
        )
        assert leaver.place("17", "29019").status == 200
        assert newcomer.place("17", "29019").status == 403
        leader = run.leader()

        psaps["brest"].behaviour = SLOW
        ringing = known.begin("17", "29019")
        known.listen(ringing, until=180)
        offer(tmp_path, psaps, 43, change(before))
        run.wait("native-flip", g=43)
        assert ringing.status == 0, "it rings through the change"
        call = newcomer.begin("17", "29019")
        newcomer.listen(call, until=180)
        assert read_attempt(run, call) == (by, "ajonc", "voip", "29019")
        newcomer.cancel(call)
        for name in ("s:0", "n:15", "p:bruyere:0", "shares"):  # rows that are no communes
            call = newcomer.begin("17", name)
            newcomer.listen(call, until=180)
            assert read_attempt(run, call) == (by, "ajonc", "voip", name)
            newcomer.cancel(call)
        assert leaver.place("17", "29019").status == 403
        known.listen(ringing, until=200)
        assert ringing.status == 200

        psaps["brest"].behaviour = ((0, 100), (0.01, 180), (0.03, 200))
        call = known.place("17", "75056", headers=("X-Insee: 29019",))
        assert call.status == 200
        assert read_attempt(run, call) == (by, "bruyere", "mobile", "29019")
        assert run.leader() == leader, "a snapshot restarts nothing"
        assert [entry for entry in run.events() if entry["event"] == "restart"] == []


def test_a_supervisor_that_comes_after_finds_kamailio_as_it_should_be(tmp_path, psaps):
    plan = offer(tmp_path, psaps, 42, make_operators())
    with run_site(tmp_path, plan, "--template", str(TEMPLATE)) as run:
        run.wait("native-flip", g=42)
        leader = run.leader()
        run.popen.kill()
        run.popen.wait()
        offer(tmp_path, psaps, 43, change(make_operators()))
        with run_site(tmp_path, plan, "--template", str(TEMPLATE), port=run.port) as second:
            second.wait("start", reason="adopted")
            second.wait("native-flip", g=43)
            assert second.leader() == leader, "other operators are no reason to end calls"
            newcomer = Caller(Place({("udp", False): (HOST, run.port)}), host=NEWCOMER)
            with contextlib.closing(newcomer):
                assert newcomer.place("17", "29019").status == 200
