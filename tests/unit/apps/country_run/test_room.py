import os

from route112.apps.country_run.members import Kind
from route112.apps.country_run.room import describe_lack


class Disk:
    f_bavail, f_frsize = 9_000, 1_000


def test_what_stations_need_at_first_is_compared_with_what_is_free(members, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "statvfs", lambda _folder: Disk)
    plan = tmp_path / "plan.r112"
    plan.write_bytes(bytes(2_000_000))
    made = [
        members.make("psaps"),
        members.make("site-1", kind=Kind.SITE),
        members.make("site-2", kind=Kind.SITE),
        members.make("edge-1", kind=Kind.EDGE),
    ]
    assert describe_lack(made[:3], plan, tmp_path) == ""
    assert describe_lack(made, plan, tmp_path) == (
        f"the disk of {tmp_path} is full: 9 MB are free, and 3 sites and edges need 12 MB "
        "to begin with"
    )
    (made[1].folder).mkdir()
    (made[1].folder / "current").touch()
    assert describe_lack(made, plan, tmp_path) == "", "it has begun here before"
