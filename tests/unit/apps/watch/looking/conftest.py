import pytest
from tests.support.looked import play, write_minute
from tests.support.records import World
from tests.support.watched import list_findings


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Calls of a minute: for some time all fail."""
    made = World(tmp_path_factory.mktemp("site") / "records")
    write_minute(made)
    return made


@pytest.fixture(scope="module")
def whole(world, tmp_path_factory):
    """What is found in them, and the eyes that found it."""
    store, eyes = play(tmp_path_factory.mktemp("whole") / "w.sqlite", world)
    yield list_findings(store), eyes
    store.close()
