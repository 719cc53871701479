import pytest

from route112.apps.backup.examining import DamageError, examine


@pytest.fixture
def files(country):
    """Copy what a whole backup has."""
    country.order()
    country.watch()
    folder = country.folder / "back"
    found = {}
    roots = {"planner": country.planner, "watch": country.run_dir}
    for name in ("planner/journal.log", "planner/audit.log", "watch/watch.sqlite"):
        root, _, rest = name.partition("/")
        found[name] = folder / name
        found[name].parent.mkdir(parents=True, exist_ok=True)
        found[name].write_bytes((roots[root] / rest).read_bytes())
    for shelf in ("candidates", "snapshots"):
        for path in (country.planner / shelf).iterdir():
            name = f"planner/{shelf}/{path.name}"
            found[name] = folder / name
            found[name].parent.mkdir(parents=True, exist_ok=True)
            found[name].write_bytes(path.read_bytes())
    return found


def test_what_is_whole_is_whole(files):
    assert examine(files).events


def find(files, part):
    return max(name for name in files if part in name)


def cut(path, size):
    path.write_bytes(path.read_bytes()[:-size])


@pytest.mark.parametrize(
    ("damage", "text"),
    [
        (lambda files: files.pop("planner/journal.log"), "the journal is not there"),
        (lambda files: files["planner/journal.log"].write_bytes(b""), "it is empty"),
        (lambda files: cut(files["planner/journal.log"], 3), "journal.log: its last line is cut"),
        (lambda files: files["planner/journal.log"].write_bytes(b"x\n"), "journal.log: line 1"),
        (lambda files: files.pop("planner/audit.log"), "the audit log is not there"),
        (lambda files: cut(files["planner/audit.log"], 3), "audit.log: its last line is cut off"),
        (lambda files: files["planner/audit.log"].write_bytes(b"x\n"), "audit.log: line 1"),
        (lambda files: files.pop(find(files, "candidates")), "the journal needs planner/cand"),
        (lambda files: cut(files[find(files, "candidates")], 3), "candidates/.* [(]"),
        (lambda files: files["watch/watch.sqlite"].write_bytes(b"x" * 999), "watch.* is damaged"),
    ],
)
def test_each_damage_is_named(files, damage, text):
    damage(files)
    with pytest.raises(DamageError, match=text):
        examine(files)


def test_a_snapshot_under_another_name_is_named(files, country):
    name = find(files, "candidates")
    country.engine.close()
    snapshots = [each for each in files if "snapshots" in each and each[-20:] != name[-20:]]
    files[name].write_bytes(files[snapshots[0]].read_bytes())
    with pytest.raises(DamageError, match="has the content of another one"):
        examine(files)
