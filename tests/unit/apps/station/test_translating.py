import asyncio
import sqlite3
from contextlib import closing

import pytest
from tests.support.snapshots import NOW, small_content

from route112.adapters.errand import ErrandError
from route112.adapters.tables import edge
from route112.adapters.tables.edge import describe_edge_table
from route112.adapters.tables.native import REORDERING, describe_table
from route112.adapters.tables.translation import Reordering
from route112.apps.station.translating import translate_beside
from route112.edgetable import translate as translate_for_edge
from route112.native import translate
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot


@pytest.fixture
def stage(tmp_path):
    def stage(**changes):
        path = tmp_path / "staged.r112"
        path.write_bytes(write_snapshot(small_content(**changes)))
        return path, Snapshot(path.read_bytes())

    return stage


def run(beside, path, target, *, now=NOW, known="", basis=None):
    return asyncio.run(beside(path, target, now=now, known=known, basis=basis, nice=0))


def test_a_child_makes_the_table_that_this_process_would_make(stage, tmp_path):
    path, snapshot = stage()
    target = tmp_path / "made"
    beside = translate_beside("native", reordering=REORDERING)
    found = run(beside, path, target)
    assert found == describe_table(translate(snapshot, now=NOW))
    with closing(sqlite3.connect(target)) as database:
        rows = database.execute("SELECT count(*) FROM c2z").fetchone()[0]
    assert rows == found.counts["c2z"] + 3
    target.unlink()
    assert run(beside, path, target, known=found.digest) == found
    assert not target.exists(), "the table before says the same"
    with pytest.raises(ErrandError, match=r"none/x cannot be written: .*No such file"):
        run(beside, path, tmp_path / "none/x")


def test_orders_alone_are_worked_in_without_a_child(stage, tmp_path):
    path, _ = stage(orders=())
    before, target = tmp_path / "before", tmp_path / "made"
    beside = translate_beside("native", reordering=REORDERING)
    first = run(beside, path, before)
    path, snapshot = stage(generation=43)
    found = run(beside, path, target, known=first.digest, basis=before)
    assert found.digest == describe_table(translate(snapshot, now=NOW)).digest


def test_a_child_for_an_edge_is_told_whose_it_is(stage, tmp_path):
    path, snapshot = stage()
    target = tmp_path / "made"
    found = run(translate_beside("edge", "bruyere", reordering=edge.REORDERING), path, target)
    assert found == describe_edge_table(translate_for_edge(snapshot, operator="bruyere", now=NOW))
    assert target.exists()


def test_a_mistake_with_orders_is_told_and_ends_nobody(stage, tmp_path):
    path, _ = stage()
    before = tmp_path / "before"
    run(translate_beside("native", reordering=REORDERING), path, before)

    def trip(*_arguments):
        raise KeyError("+33")

    beside = translate_beside("native", reordering=Reordering(trip, trip))
    with pytest.raises(ErrandError, match="orders cannot be worked in: KeyError: '\\+33'"):
        run(beside, path, tmp_path / "made", basis=before)
    with pytest.raises(sqlite3.OperationalError):
        run(beside, path, tmp_path / "made", basis=tmp_path / "none")
