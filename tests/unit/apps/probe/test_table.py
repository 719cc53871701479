import msgspec

from route112.apps.probe import table as module
from route112.apps.probe.keeping import Kept, Latest
from route112.apps.probe.table import describe, echo_table

T0 = 1_795_000_000_000_000


def make_latest(site="site-1", **values):
    usual = {"edge": "edge-1", "site": site, "hop": "127.0.5.1:5060", "every_s": 10.0}
    return Latest(**{**usual, **values})


WELL = make_latest(said="well", at_us=T0 - 4_000_000, ring_ms=12, audio="both", sent=9, heard=8)
DEAF = make_latest("site-2", said="audio", at_us=T0, ring_ms=3, audio="none", sent=50)
DEAD = make_latest("site-3", said="trunk", at_us=T0, failed="trunk;cause=timeout;code=0")
NEVER = make_latest("site-4", every_s=900.0 * 24)


def make_kept(*paths, untested=()):
    return Kept(
        at_us=T0, calls_per_s=2.4, calls_per_s_max=10.0, loop_s=10.0, responder_s=900.0,
        link_floor_s=4.0, trunk_floor_s=100.0,
        paths=list(paths), untested=list(untested),
    )  # fmt: skip


def show(capsys, kept, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    echo_table(kept, now_us=T0)
    return capsys.readouterr().out


def test_what_failed_comes_first_and_each_path_has_its_age_pace_and_floor(capsys, monkeypatch):
    text = show(capsys, make_kept(WELL, NEVER, DEAF, DEAD), monkeypatch)
    _, first, second, third, fourth, *_ = text.splitlines()
    assert "FAILED: answered without audio" in first
    assert "NONE 0/50" in first
    assert "FAILED at trunk" in second
    assert third.split()[:7] == ["edge-1", "site-1", "127.0.5.1:5060", "well", "4", "s", "12"]
    assert "both ways 8/9" in third
    assert third.split()[-4:] == ["10", "s", "20", "s"]
    assert fourth.split()[3:5] == ["-", "-"]
    assert fourth.split()[-2:] == ["12", "h"]


def test_a_long_table_is_cut_and_says_so(capsys, monkeypatch):
    monkeypatch.setattr(module, "ROWS_MAX", 1)
    text = show(capsys, make_kept(WELL, DEAF), monkeypatch)
    assert "answered without audio" in text
    assert "... and 1 more; --json gives them all" in text


def test_pace_and_bound_are_said_and_what_is_not_tested():
    few, floors, lacking = describe(make_kept(WELL, untested=("g:1",)))
    assert few == (
        "1 paths, 2.4 test calls a second (at most 10): over a gateway every 10 s, "
        "an IP responder every 15 min over one path after the other"
    )
    assert floors == (
        "a link that breaks shows: edge and site after 4 s, site and trunk after 1 min at most"
    )
    assert lacking == "not tested, no loop number: g:1"
    many = [f"g:{number}" for number in range(7)]
    assert list(describe(make_kept(untested=many)))[2].endswith("g:4 and 2 more")
    assert len(list(describe(make_kept()))) == 2


def test_audio_of_an_end_that_mirrors_nothing_is_heard(capsys, monkeypatch):
    heard = msgspec.structs.replace(WELL, audio="heard", said="busy")
    text = show(capsys, make_kept(heard), monkeypatch)
    assert "heard 8/9" in text
    assert "busy" in text
