import stat

import pytest

from route112.adapters import month_keys
from route112.adapters.month_keys import MonthKeys

NOVEMBER_US = 1_795_000_000_000_000
DAY_US = 86_400_000_000
CALLER = "+33639981234"


def test_one_caller_has_one_pseudonym_a_month(tmp_path):
    keys = MonthKeys(tmp_path / "keys")
    name = keys.name(CALLER, NOVEMBER_US)
    assert name == keys.name(CALLER, NOVEMBER_US + 3 * DAY_US)
    assert name != keys.name(CALLER, NOVEMBER_US + 31 * DAY_US)
    assert name != keys.name("+33639981235", NOVEMBER_US)
    assert CALLER[-4:] not in name
    assert name == MonthKeys(tmp_path / "keys").name(CALLER, NOVEMBER_US)
    assert name != MonthKeys(tmp_path / "others").name(CALLER, NOVEMBER_US)


def test_a_key_is_its_owners_alone(tmp_path):
    MonthKeys(tmp_path / "keys").name(CALLER, NOVEMBER_US)
    (key,) = (tmp_path / "keys").iterdir()
    assert key.name == "2026-11.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700


def test_old_keys_go(tmp_path):
    keys = MonthKeys(tmp_path / "keys")
    assert keys.forget(NOVEMBER_US, months=12) == []
    old = keys.name(CALLER, NOVEMBER_US - 396 * DAY_US)
    keys.name(CALLER, NOVEMBER_US)
    (tmp_path / "keys" / "other").touch()
    assert keys.forget(NOVEMBER_US, months=13) == []
    assert keys.forget(NOVEMBER_US, months=12) == ["2025-10"]
    assert keys.name(CALLER, NOVEMBER_US - 396 * DAY_US) != old


def test_who_comes_second_takes_the_key_of_the_first(tmp_path, monkeypatch):
    path = tmp_path / "2026-11.key"
    first = MonthKeys(tmp_path).name(CALLER, NOVEMBER_US)
    MonthKeys(tmp_path)._make(path)
    assert MonthKeys(tmp_path).name(CALLER, NOVEMBER_US) == first
    assert list(tmp_path.iterdir()) == [path]


def test_a_key_that_was_cut_is_none(tmp_path):
    (tmp_path / "2026-11.key").write_bytes(bytes(month_keys.KEY_BYTES - 1))
    with pytest.raises(OSError, match="no key"):
        MonthKeys(tmp_path).name(CALLER, NOVEMBER_US)
