"""Style as a test: sizes, names, what must never enter the tree."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "route112"
MODULE_LINES_MAX = 400
APP_LINES_MAX = 300
INIT_LINES_MAX = 110
FUNCTION_LINES_MAX = 50
NESTING_MAX = 4
PACKAGE_MODULES_MAX = 14
BLOB_BYTES_MAX = 256 * 1024
BLOBS_ALLOWED = {"src/route112/countries/fr/communes.csv.gz"}
WORDS_BANNED = re.compile(
    r"(^|_)(manager|helper|helpers|util|utils|handle_it|process_it)(_|$)", re.IGNORECASE
)
FICTION = re.compile(r"(19900|26191|35301|46571|53649|63998)\d{4}")
LONG_NUMBER = re.compile(
    r"(?<![\w.+-])(?:\+33|0033|0)[ .-]?([1-9])((?:[ .-]?\d\d){4})(?![\w-])(?!\.\d)"
)
LEAKS = re.compile(
    r"p[y]pi\.org|python[h]osted|registry\.np[m]js|deb\.debia[n]\.org|/wor[k]/|/roo[t]/",
    re.IGNORECASE,
)
"""Registry hosts and paths of one machine."""
MARKS = re.compile(r"\b(TO[D]O|FIXM[E]|XX[X]|NotImplementedErro[r])\b")


def tracked_files():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


FILES = tracked_files()
MODULES = sorted(SOURCE.rglob("*.py"))


def texts():
    for name in FILES:
        content = (ROOT / name).read_bytes()
        if b"\0" not in content:
            yield name, content.decode("utf-8", "replace")


def functions(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def depth(node, level=0):
    deepest = level
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        inner = isinstance(child, ast.If | ast.For | ast.While | ast.With | ast.Try)
        elif_branch = (
            isinstance(node, ast.If) and node.orelse == [child] and isinstance(child, ast.If)
        )
        deepest = max(deepest, depth(child, level + (inner and not elif_branch)))
    return deepest


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_fits_in_one_head(path):
    text = path.read_text()
    lines = text.count("\n")
    limit = MODULE_LINES_MAX
    if path.name == "__init__.py":
        limit = INIT_LINES_MAX
    elif path.parent.name == "apps":
        limit = APP_LINES_MAX
    assert lines <= limit, f"{lines} lines, at most {limit}: split it by idea"
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "a module says what it is for"
    for node in functions(tree):
        length = (node.end_lineno or 0) - node.lineno + 1
        assert length <= FUNCTION_LINES_MAX, f"{node.name}: {length} lines"
        assert depth(node) <= NESTING_MAX, f"{node.name}: nested {depth(node)} deep"
        assert not WORDS_BANNED.search(node.name), f"{node.name}: say what it does"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_has_its_own_test(path):
    if path.name in ("__init__.py", "__main__.py"):
        return
    relative = path.relative_to(SOURCE)
    parts = relative.parts[:-1]
    expected = ROOT / "tests" / "unit" / Path(*parts) / f"test_{path.stem.lstrip('_')}.py"
    assert expected.exists(), f"write {expected.relative_to(ROOT)}"


def test_a_package_stays_small():
    for package in sorted({path.parent for path in MODULES}):
        modules = [path for path in package.glob("*.py") if path.name != "__init__.py"]
        assert len(modules) <= PACKAGE_MODULES_MAX, f"{package.name}: {len(modules)} modules"


def test_no_large_blob_and_no_leftover_mark():
    for name in FILES:
        size = (ROOT / name).stat().st_size
        assert size <= BLOB_BYTES_MAX or name in BLOBS_ALLOWED, f"{name}: {size:,} bytes"
    for name, text in texts():
        if name.startswith(("src/", "kamailio/", "tools/")):
            assert not MARKS.search(text), f"{name}: {MARKS.search(text)}"


def test_the_repository_names_no_machine_and_no_registry():
    for name, text in texts():
        found = LEAKS.search(text)
        assert not found, f"{name}: {found and found[0]}"


def test_every_french_long_number_is_fictional():
    real = []
    for name, text in texts():
        if name.startswith("requirements/"):
            continue
        for match in LONG_NUMBER.finditer(text):
            digits = match[1] + re.sub(r"\D", "", match[2])
            if not FICTION.fullmatch(digits):
                real.append(f"{name}: {match[0]}")
    assert real == [], "long numbers come from the ranges reserved for fiction"


def test_every_package_tells_its_theory():
    for path in SOURCE.rglob("__init__.py"):
        assert len((ast.get_docstring(ast.parse(path.read_text())) or "").split()) >= 8, path
