"""Commands as people type them, against a planner of the test."""

from click.testing import CliRunner
from tests.support.planned import make_report

from route112.apps.cli import cli
from route112.replication import render_report


def type_in(planner, *words, via=""):
    """Run a command as the system user, or with a certificate; return its result."""
    place = [f"--planner=unix:{planner.socket}"]
    if via:
        place = [f"--planner=https://127.0.0.1:{planner.port}"]
        place += [f"--cert={planner.folder / via}.pem", f"--key={planner.folder / via}.key"]
        place += [f"--ca={planner.folder / 'ca.pem'}"]
    return CliRunner().invoke(cli, [*words, *place])


def read_hash(result):
    """Return the hash that a second person is asked to type."""
    assert result.exit_code == 0, result.output
    (line,) = [each for each in result.stdout.splitlines() if " approve " in each]
    return line.split(" approve ")[1].strip()


def report_all(planner):
    """Let each station say that it has what it shall have."""
    for station in planner.engine.state.stations:
        state = planner.engine.state
        if state.wanted.get(station) in state.generations:
            planner.engine.answer(render_report(make_report(state, station)))
