from route112.apps.watch.upkeep.keys import Keys
from route112.model import UtcTime
from route112.snapshot.trust import TrustedKey, TrustList, make_key_id, render_trust

NOW_US = 1_795_000_000_000_000
DAY_US = 86_400_000_000


def make_key(index, days, **values):
    public = bytes([index]) * 32
    return TrustedKey(
        id=make_key_id(public), name=f"planner {index}", public_key=public,
        not_before=UtcTime(0), not_after=UtcTime(NOW_US + days * DAY_US), **values,
    )  # fmt: skip


def test_keys_end_and_all_but_the_last_are_meant_to(tmp_path):
    path = tmp_path / "trust.json"
    gone = make_key(3, 5, revoked_at=UtcTime(1), reason="lost")
    path.write_bytes(render_trust(TrustList((make_key(1, 10), make_key(2, 20), gone))))
    said = []
    keys = Keys(path, complain=said.append)
    assert [(each.what.partition(" (")[2], each.is_meant) for each in keys.list_expiries()] == [
        ("planner 1) for snapshots", True),
        ("planner 2) for snapshots", False),
    ]
    path.write_text("{}")
    assert len(list(keys.list_expiries())) == 2
    assert "trust.json cannot be looked at" in said[0]
    assert list(Keys(tmp_path / "none", complain=said.append).list_expiries()) == []
