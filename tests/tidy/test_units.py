"""The units of deploy/systemd say what the commands understand, and confine what they start."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from route112.apps.cli import COMMANDS, cli

FOLDER = Path(__file__).parents[2] / "deploy" / "systemd"
UNITS = sorted(FOLDER.glob("*.service"))
PROGRAM = "/opt/route112/.venv/bin/route112"
CONFINED = {
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "User": "route112",
    "Restart": "always",
    "StartLimitIntervalSec": "0",
    "LimitNOFILE": "65536",
    "LimitCORE": "0",
    "StateDirectory": "route112/%i",
    "UMask": "0077",
}


def read(path):
    lines = [line for line in path.read_text().splitlines() if "=" in line and line[0] != "#"]
    pairs = [line.split("=", 1) for line in lines]
    assert len({name for name, _ in pairs} - {"EnvironmentFile"}) == len(
        [name for name, _ in pairs if name != "EnvironmentFile"]
    ), "a setting is there twice"
    return dict(pairs)


def test_there_is_one_for_each_process_of_a_host():
    assert [path.name for path in UNITS] == [
        "route112-edge@.service",
        "route112-planner-standby@.service",
        "route112-planner@.service",
        "route112-receiver@.service",
        "route112-redirect@.service",
        "route112-site@.service",
        "route112-watch@.service",
    ]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_it_is_confined_and_always_comes_back(path):
    unit = read(path)
    assert {name: unit.get(name) for name in CONFINED} == CONFINED
    # Kamailio outlives a supervisor; the others have none.
    has_supervisor = "site" in path.name or "edge" in path.name
    assert unit["KillMode"] == ("process" if has_supervisor else "control-group")


def test_whoever_offers_a_plan_may_write_where_it_is_taken_from():
    unit = read(FOLDER / "route112-receiver@.service")
    (into,) = re.findall(r"--into (\S+)", unit["ExecStart"])
    assert unit["ReadWritePaths"] == str(Path(into).parent)
    takers = [path for path in UNITS if "receiver" not in path.name]
    assert all(f"--plan {into} " in read(path)["ExecStart"] for path in takers)


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_each_option_in_it_is_one_of_the_command(path):
    program, group, name, *options = shlex.split(read(path)["ExecStart"])
    assert program == PROGRAM
    assert group in COMMANDS
    context = click.Context(cli)
    command = cli.get_command(context, group).get_command(context, name)
    known = {text for parameter in command.params for text in parameter.opts}
    assert {option for option in options if option.startswith("--")} <= known
    listens = "$ROUTE112_LISTEN" in options
    assert listens == ("--listen" in known)


def test_a_second_planner_is_the_first_one_that_waits():
    first, second = (
        (FOLDER / f"route112-{name}@.service").read_text()
        for name in ("planner", "planner-standby")
    )
    differ = [
        (one, other)
        for one, other in zip(first.splitlines(), second.splitlines(), strict=True)
        if one != other and not one.startswith(("#", "Description="))
    ]
    ((one, other),) = differ
    assert other == one.replace(" --standby 0 ", " --standby 15 ")
    assert "RuntimeDirectoryPreserve=yes" in first, "whoever ends takes no folder from the other"


def test_systemd_takes_them(tmp_path):
    program = shutil.which("systemd-analyze")
    assert program is not None, "install systemd-analyze: Debian package systemd"
    copies = []
    for path in UNITS:
        copy = tmp_path / path.name
        copy.write_text(path.read_text().replace(PROGRAM, "/bin/true"))
        copies.append(str(copy))
    checked = subprocess.run(
        [program, "verify", *copies], capture_output=True, text=True, check=False, timeout=60
    )
    said = [line for line in checked.stderr.splitlines() if "route112" in line]
    assert (checked.returncode, said) == (0, [])


def test_the_document_names_every_folder_of_the_units():
    text = (FOLDER.parents[1] / "docs" / "deploy.md").read_text()
    for path in UNITS:
        for place in re.findall(r"(?:/etc|/var/lib)/route112/[^\s%]*", path.read_text()):
            assert place in text
