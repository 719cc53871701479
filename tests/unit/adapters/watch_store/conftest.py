import pytest

from route112.adapters.watch_store import open_store


@pytest.fixture
def store(tmp_path):
    store = open_store(tmp_path / "w.sqlite", create=True)
    yield store
    store.close()
