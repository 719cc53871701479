from types import SimpleNamespace

from tests.support.followed import EDGE, open_follower, write
from tests.support.watched import SITE, T0, S


def test_somebody_is_told_how_late_records_come_that_were_written_since(tmp_path, worlds):
    store, follower = open_follower(tmp_path, worlds)
    told = []
    looker = SimpleNamespace(add_arrival=print, add_end=print, tick=lambda _time_us: None)
    clocks = SimpleNamespace(note_arrival=lambda *said: told.append(said), **vars(looker))
    follower.watch(clocks)
    write(worlds, SITE, "attempt", T0 - 3_600 * S, "c1", by="python")
    follower.step(T0)
    assert told == [], "it may have lain there"
    write(worlds, SITE, "attempt", T0, "c2", by="python")
    write(worlds, SITE, "try", T0 + S, "c2", n=1)
    write(worlds, EDGE, "probe", T0 - S, "c3")
    follower.step(T0 + 2 * S)
    assert told == [(SITE, S)]
    write(worlds, SITE, "attempt", T0 + 3 * S, "c4", by="python")
    follower.step(T0 + 60 * S)
    assert told == [(SITE, S)], "it stood still meanwhile"
    store.close()
