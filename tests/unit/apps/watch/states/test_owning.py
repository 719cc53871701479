import pytest

from route112.apps.watch.states.owning import Owned


@pytest.fixture
def two():
    said = []
    first, second = Owned(said.append), Owned(said.append)
    yield first, second, said
    first.close()
    second.close()


def test_one_of_two_tells_a_site_until_it_is_gone(two, tmp_path):
    first, second, said = two
    assert first.take(tmp_path)
    assert first.take(tmp_path)
    assert not second.take(tmp_path)
    assert not second.take(tmp_path)
    assert said == [f"another watch tells {tmp_path} what is down; it is left to it"]
    first.close()
    assert second.take(tmp_path)
    assert not first.take(tmp_path)
    assert len(said) == 2


def test_a_folder_that_is_gone_is_nobodys_and_a_new_one_is_taken_anew(two, tmp_path):
    first, second, _ = two
    site = tmp_path / "site-1"
    assert not first.take(site)
    site.mkdir()
    assert first.take(site)
    site.rename(tmp_path / "old")
    assert not first.take(site)
    site.mkdir()
    assert second.take(site)
    assert not first.take(site)
