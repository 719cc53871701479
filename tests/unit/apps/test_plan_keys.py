import json
import stat

import pytest
from click.testing import CliRunner
from tests.support.snapshots import NOW, US_PER_S, small_content

from route112.apps import plan_keys
from route112.apps.cli import cli
from route112.model import UtcTime
from route112.snapshot.reader import Snapshot
from route112.snapshot.trust import parse_public_key, parse_trust
from route112.snapshot.writer import write_snapshot

DAY = 86_400 * US_PER_S


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    def set_clock(now):
        monkeypatch.setattr(plan_keys, "utc_now", lambda: UtcTime(now))

    set_clock(NOW + 7)
    return set_clock


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run_plan(*words, code=0, typed=None):
        result = CliRunner().invoke(cli, ["plan", *words], input=typed)
        assert result.exit_code == code, result.output
        return result.output

    return run_plan


@pytest.fixture
def keys(run, tmp_path):
    """Make two keys and a trust list of them; return the ids."""
    run("keys", "new", "a.key", "--name", "planner A")
    run("keys", "new", "b.key")
    run("keys", "trust", "trust.json", "a.key.pub", "b.key.pub")
    (tmp_path / "fr.r112").write_bytes(write_snapshot(small_content()))
    return [parse_public_key((tmp_path / f"{name}.key.pub").read_bytes()).id for name in "ab"]


def test_a_new_key_stays_private_and_its_public_half_says_when_it_counts(run, tmp_path):
    output = run("keys", "new", "a.key", "--name", "planner A", "--days", "10")
    public = parse_public_key((tmp_path / "a.key.pub").read_bytes())
    assert output == f"key {public.id}: a.key stays secret, a.key.pub joins trust lists\n"
    assert (public.name, public.not_before, public.not_after) == ("planner A", NOW, NOW + 10 * DAY)
    assert stat.S_IMODE((tmp_path / "a.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "a.key.pub").stat().st_mode) == 0o644


def test_a_key_is_never_overwritten(run, tmp_path, keys):
    before = (tmp_path / "a.key").read_bytes()
    output = run("keys", "new", "a.key", code=2)
    assert output == (
        "route112: a.key exists already\n"
        "  Choose another name; a private key is never overwritten\n"
    )
    assert (tmp_path / "a.key").read_bytes() == before


def test_a_list_begins_with_two_keys(run, tmp_path):
    run("keys", "new", "a.key")
    output = run("keys", "trust", "trust.json", "a.key.pub", code=1)
    assert "trust.json: a trust list has 2 to 32 keys, not 1" in output
    assert not (tmp_path / "trust.json").exists()


def test_a_list_grows_and_refuses_a_key_that_it_has(run, tmp_path, keys):
    run("keys", "new", "c.key")
    assert run("keys", "trust", "trust.json", "c.key.pub") == (
        "trust.json: 3 keys, 3 of them count now\n"
    )
    before = (tmp_path / "trust.json").read_bytes()
    output = run("keys", "trust", "trust.json", "a.key.pub", code=1)
    assert "a key occurs twice in the trust list" in output
    assert "Nothing was written" in output
    assert (tmp_path / "trust.json").read_bytes() == before


def test_keys_are_listed_with_what_they_are_worth_now(run, keys, clock):
    run("keys", "revoke", "trust.json", keys[1], "--reason", "laptop stolen")
    listed = json.loads(run("keys", "list", "trust.json", "--json"))
    assert listed == [
        {
            "key": keys[0],
            "name": "planner A",
            "from": "2026-11-15",
            "until": "2028-11-14",
            "state": "counts",
        },
        {
            "key": keys[1],
            "name": "b",
            "from": "2026-11-15",
            "until": "2028-11-14",
            "state": "revoked 2026-11-15: laptop stolen",
        },
    ]
    table = run("keys", "list", "trust.json")
    assert "planner A" in table
    assert "laptop stolen" in table
    for now, state in ((NOW - DAY, "not yet"), (NOW + 1_000 * DAY, "ended")):
        clock(now)
        assert json.loads(run("keys", "list", "trust.json", "--json"))[0]["state"] == state


def test_revoking_says_when_no_key_is_left_in_reserve(run, tmp_path, keys):
    output = run("keys", "revoke", "trust.json", keys[0], "--reason", "laptop stolen")
    assert "trust.json: 2 keys, 1 of them count now" in output
    assert "No key is in reserve: make one with `plan keys new` and add it" in output
    assert parse_trust((tmp_path / "trust.json").read_bytes()).keys[0].revoked_at == NOW
    again = run("keys", "revoke", "trust.json", keys[0], "--reason", "twice", code=1)
    assert f"key {keys[0]} is revoked already: laptop stolen" in again
    assert "the trust list has no key 00" in run(
        "keys", "revoke", "trust.json", "00", "--reason", "x", code=1
    )


def test_the_last_key_that_counts_is_revoked_only_when_that_is_meant(run, tmp_path, keys):
    run("keys", "revoke", "trust.json", keys[0], "--reason", "laptop stolen")
    before = (tmp_path / "trust.json").read_bytes()
    refused = run("keys", "revoke", "trust.json", keys[1], "--reason", "stolen too", code=1)
    assert refused.startswith(
        f"route112: trust.json: without key {keys[1]} no key would count, and sites would refuse "
        "every snapshot; add a key first, or say --force\n"
    )
    assert (tmp_path / "trust.json").read_bytes() == before
    forced = run("keys", "revoke", "trust.json", keys[1], "--reason", "stolen too", "--force")
    assert "2 keys, 0 of them count now" in forced


def test_rotation_adds_the_successor_and_ends_the_old_key_after_an_overlap(run, tmp_path, keys):
    run("keys", "new", "c.key")
    run("keys", "rotate", "trust.json", keys[0], "--to", "c.key.pub", "--overlap-days", "3")
    trust = parse_trust((tmp_path / "trust.json").read_bytes())
    assert [key.not_after for key in trust.keys] == [NOW + 3 * DAY] + [NOW + 730 * DAY] * 2
    assert "has no key 00" in run(
        "keys", "rotate", "trust.json", "00", "--to", "c.key.pub", code=1
    )


def test_a_signed_snapshot_is_accepted(run, tmp_path, keys):
    unsigned = (tmp_path / "fr.r112").read_bytes()
    output = run("sign", "fr.r112", "--key", "a.key", "-o", "signed.r112")
    signed = Snapshot((tmp_path / "signed.r112").read_bytes())
    assert output == (
        f"signed.r112: generation 42 ({signed.content_hash[:16]}) signed by key {keys[0]}\n"
    )
    assert (tmp_path / "fr.r112").read_bytes() == unsigned
    assert run("verify", "signed.r112", "--trust", "trust.json") == (
        f"signed.r112: generation 42, signed by key {keys[0]}: accepted\n"
    )
    assert json.loads(run("verify", "signed.r112", "--trust", "trust.json", "--json")) == {
        "accepted": True,
        "key": keys[0],
        "generation": 42,
        "content_hash": signed.content_hash,
    }


def test_without_an_output_the_file_itself_is_signed(run, tmp_path, keys):
    run("sign", "fr.r112", "--key", "b.key")
    signature = Snapshot((tmp_path / "fr.r112").read_bytes()).signature
    assert signature is not None
    assert signature.key_id == keys[1]
    assert sorted(path.name for path in tmp_path.glob(".*")) == []


def test_verify_says_why_a_site_would_refuse(run, tmp_path, keys, clock):
    output = run("verify", "fr.r112", "--trust", "trust.json", code=1)
    assert output == (
        "route112: fr.r112 is refused (unsigned): nobody has signed the snapshot\n"
        "  Sign it with `route112 plan sign`\n"
    )
    refused = run("verify", "fr.r112", "--trust", "trust.json", "--json", code=1)
    assert json.loads(refused) == {
        "accepted": False,
        "reason": "unsigned",
        "message": "nobody has signed the snapshot",
    }
    run("sign", "fr.r112", "--key", "a.key")
    clock(NOW + 1_000 * DAY)
    assert "(expired-key)" in run("verify", "fr.r112", "--trust", "trust.json", code=1)
    clock(NOW)
    run("keys", "revoke", "trust.json", keys[0], "--reason", "stolen")
    assert f"(revoked-key): key {keys[0]} is revoked: stolen" in run(
        "verify", "fr.r112", "--trust", "trust.json", code=1
    )


def test_verify_compares_with_the_snapshot_in_force(run, tmp_path, keys):
    for name, changes in (
        ("older", {"generation": 41}),
        ("newer", {"generation": 43}),
        ("twin", {"edition": "x"}),
        ("fr", {}),
    ):
        (tmp_path / f"{name}.r112").write_bytes(write_snapshot(small_content(**changes)))
        run("sign", f"{name}.r112", "--key", "a.key")
    floor = ("--trust", "trust.json", "--floor", "fr.r112")
    run("verify", "newer.r112", *floor)
    run("verify", "fr.r112", *floor)
    assert "Build it again with a higher generation" in run("verify", "older.r112", *floor, code=1)
    assert "Find out who signed twice" in run("verify", "twin.r112", *floor, code=1)


def test_damaged_files_are_refused(run, tmp_path, keys):
    content = (tmp_path / "fr.r112").read_bytes()
    (tmp_path / "cut.r112").write_bytes(content[:-1])
    expected = (
        f"route112: cut.r112 is refused (truncated): the file has {len(content) - 1} of "
        f"{len(content)} bytes\n"
        "  Fetch the file again, or build it again with `route112 plan build`\n"
    )
    assert run("sign", "cut.r112", "--key", "a.key", code=1) == expected
    assert run("verify", "cut.r112", "--trust", "trust.json", code=1) == expected
    assert (tmp_path / "cut.r112").read_bytes() == content[:-1]


def test_a_key_under_a_passphrase(run, tmp_path, keys):
    phrase = tmp_path / "phrase"
    phrase.write_text("correct horse\n")
    phrase.chmod(0o600)
    run("keys", "new", "c.key", "--ask-passphrase", typed="correct horse\ncorrect horse\n")
    assert "c.key needs a passphrase" in run("sign", "fr.r112", "--key", "c.key", code=2)
    run("sign", "fr.r112", "--key", "c.key", "--passphrase-file", "phrase")
    run("sign", "fr.r112", "--key", "c.key", "--ask-passphrase", typed="correct horse\n")
    wrong = run("sign", "fr.r112", "--key", "c.key", "--ask-passphrase", typed="horse\n", code=2)
    assert "c.key does not open" in wrong
    assert "horse" not in wrong.replace("Passphrase", "")
    assert "two passphrases" in run(
        "sign",
        "fr.r112",
        "--key",
        "c.key",
        "--ask-passphrase",
        "--passphrase-file",
        "phrase",
        code=2,
    )
    phrase.chmod(0o640)
    assert "phrase can be read by others (mode 0640)" in run(
        "sign", "fr.r112", "--key", "c.key", "--passphrase-file", "phrase", code=2
    )


def test_a_private_key_that_others_can_read_signs_nothing(run, tmp_path, keys):
    before = (tmp_path / "fr.r112").read_bytes()
    (tmp_path / "a.key").chmod(0o644)
    output = run("sign", "fr.r112", "--key", "a.key", code=2)
    assert "a.key can be read by others (mode 0644)" in output
    assert "chmod 600 a.key" in output
    assert (tmp_path / "fr.r112").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("keys", "list", "none.json"), "none.json cannot be read: No such file or directory"),
        (("keys", "list", "fr.r112"), "fr.r112: the file cannot be read"),
        (("keys", "trust", "new.json", "fr.r112"), "fr.r112: the file"),
        (("keys", "new", "none/a.key"), "none/a.key cannot be written: No such file or directory"),
        (("sign", "none.r112", "--key", "a.key"), "none.r112 cannot be read"),
        (("sign", "fr.r112", "--key", "none.key"), "none.key cannot be read"),
        (("sign", "fr.r112", "--key", "a.key", "-o", "none/x"), "none/x cannot be written"),
        (("verify", "none.r112", "--trust", "trust.json"), "none.r112 cannot be read"),
        (("verify", "fr.r112", "--trust", "none.json"), "none.json cannot be read"),
        (("verify", "fr.r112", "--trust", "trust.json", "--floor", "none"), "none cannot be read"),
    ],
)
def test_what_cannot_run_says_why(run, keys, words, message):
    output = run(*words, code=2)
    assert output.startswith(f"route112: {message}"), output
    assert len(output.splitlines()) == 2


def test_every_reason_has_a_remedy_that_tells_what_to_do():
    for remedy in (*plan_keys._REMEDIES.values(), plan_keys._REMEDY_DEFAULT):
        assert remedy[0].isupper()
        assert not remedy.endswith(".")
