import pytest
from tests.support.told import World

from route112.apps.watch.keeping import lock


@pytest.fixture
def world(tmp_path):
    """A store with a watch that runs."""
    made = World(tmp_path)
    with lock(made.files):
        yield made
    made.store.close()


@pytest.fixture
def unwatched(tmp_path):
    """A store whose watch has ended."""
    made = World(tmp_path)
    yield made
    made.store.close()
