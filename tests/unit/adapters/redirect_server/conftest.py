import pytest
from tests.support.snapshots import NOW, small_content

from route112.adapters.redirect_server.server import RedirectServer
from route112.adapters.redirect_server.shelf import Shelf
from route112.snapshot.writer import write_snapshot


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.r112"
    path.write_bytes(write_snapshot(small_content(orders=())))
    return path


@pytest.fixture
def lines():
    return []


@pytest.fixture
def server(file, lines):
    shelf = Shelf(file, None, lines.append)
    return RedirectServer(shelf, log=lines.append, per_s=100, now=lambda: NOW)
