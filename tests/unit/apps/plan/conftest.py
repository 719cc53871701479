import pytest
from click.testing import CliRunner
from tests.support.sources import write_sources

from route112.apps.cli import cli


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache-home"))


@pytest.fixture
def run():
    """Run `route112 plan` and return the result."""

    def run_plan(*arguments):
        return CliRunner().invoke(cli, ["plan", *map(str, arguments)])

    return run_plan


@pytest.fixture
def sources(tmp_path):
    return write_sources(tmp_path / "fr")


@pytest.fixture
def built(run, sources, tmp_path):
    path = tmp_path / "fr.r112"
    result = run("build", sources, "-o", path)
    assert result.exit_code == 0, result.output
    return path
