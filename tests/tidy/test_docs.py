"""The documents say what the code does: each table that can be read is compared."""

import ast
import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "route112"
DOCS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "tests").rglob("*.md")]
)
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)]*)?\)")


def problem_codes():
    """Every `code=` of a Problem in the source, and every code of the tables that make one."""
    found = {}
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.keyword)
                and node.arg == "code"
                and isinstance(node.value, ast.Constant)
            ) and isinstance(node.value.value, str):
                found.setdefault(node.value.value, path)
    return found


def test_commands_are_documented_as_they_are():
    render = runpy.run_path(str(ROOT / "tools" / "commands.py"))["render"]
    assert (ROOT / "docs" / "commands.md").read_text() == render(), "run `make docs`"


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
