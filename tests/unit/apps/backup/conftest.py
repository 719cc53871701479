import pytest
from tests.support.backed_up import Country

from route112.adapters.backup_file import sealing
from route112.apps.backup import restore


@pytest.fixture
def country(tmp_path, monkeypatch):
    monkeypatch.setattr(sealing, "SCRYPT_COST", 2**4)
    country = Country(tmp_path)
    # Its clock is moved by hand, and what comes back is not of the future.
    monkeypatch.setattr(restore, "utc_now", country.time.clocks.now)
    yield country
    country.end()
