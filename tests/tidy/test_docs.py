"""The documents say what the code does: each table that can be read is compared."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from route112.watch.findings import FindingKind

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "route112"
DOCS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "tests").rglob("*.md")]
)
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)]*)?\)")


KEBAB = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
REPORTING = ["wire/*.py", "wire/caller_tables", "wire/documents", "wire/pdaau_table"]
REPORTING += ["wire/spreadsheets", "planning"]
NO_CODES = {"test-call", "too-large", "latin-1", "utf-8", "utf-8-sig", "utf-16", "windows-1252"}
PLACES = {"request-uri", "request-uri-user", "uri-parameter"}
SINGLE_WORDS = {"conflict", "overlap", "unsigned"}
"""Codes of one word, which no pattern tells from other texts."""


def problem_codes():
    """Every text in the reporting packages that is spelt like a code, with its file."""
    found = {}
    paths = [SOURCE / "adapters" / "parsing" / "pool.py", SOURCE / "apps" / "plan" / "check.py"]
    for pattern in REPORTING:
        paths += SOURCE.glob(pattern if pattern.endswith(".py") else f"{pattern}/**/*.py")
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and (KEBAB.fullmatch(text) or text in SINGLE_WORDS):
                found[text] = path
    return {code: path for code, path in found.items() if code not in NO_CODES | PLACES}


def test_commands_are_documented_as_they_are():
    # In a process of its own: click keeps the help option of a command that a test has called.
    command = [sys.executable, str(ROOT / "tools" / "commands.py"), "--check"]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    assert subprocess.run(command, check=False, env=environment).returncode == 0, "run `make docs`"


def test_every_problem_code_is_explained():
    text = (ROOT / "docs" / "problems.md").read_text()
    documented = set(re.findall(r"^\| `([a-z0-9-]+)` \|", text, re.MULTILINE))
    codes = problem_codes()
    missing = {
        code: str(path.relative_to(ROOT)) for code, path in codes.items() if code not in documented
    }
    assert missing == {}, "explain these in docs/problems.md"
    assert documented - set(codes) == set(), "docs/problems.md explains codes that no code makes"


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    for target, _ in LINK.findall(path.read_text()):
        assert (path.parent / target).exists(), f"{path.relative_to(ROOT)}: {target}"


def test_the_code_map_names_every_package():
    text = (ROOT / "ARCHITECTURE.md").read_text()
    for package in sorted(path.parent for path in SOURCE.glob("*/__init__.py")):
        assert f"`{package.name}`" in text, f"ARCHITECTURE.md does not know {package.name}"


RUNBOOK = ("**What it means.**", "**What to look at.**", "**The first 5 minutes.**")
RUNBOOK += ("**What not to do.**", "**Whom to tell.**")


def test_every_kind_of_alarm_has_a_runbook():
    folder = ROOT / "docs" / "runbooks"
    index = (folder / "README.md").read_text()
    kinds = {kind.value for kind in FindingKind}
    assert {path.stem for path in folder.glob("*.md")} - {"README"} == kinds
    for kind in kinds:
        text = (folder / f"{kind}.md").read_text()
        assert [part for part in RUNBOOK if part not in text] == [], kind
        assert f"| `{kind}` |" in index
