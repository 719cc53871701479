import pytest
from tests.support.snapshots import (
    NOW,
    VALID_FROM,
    VALID_UNTIL,
    make_test_key,
    sign_blindly,
    small_content,
    small_trust,
)

from route112.model import UtcTime
from route112.snapshot.errors import SnapshotError
from route112.snapshot.keys import (
    Accepted,
    Refused,
    choose,
    find_key_id,
    sign_snapshot,
    verify_snapshot,
)
from route112.snapshot.reader import Generation, Snapshot
from route112.snapshot.trust import revoke_key
from route112.snapshot.writer import write_snapshot

UNSIGNED = write_snapshot(small_content())
SIGNED = sign_snapshot(UNSIGNED, make_test_key("a"))
NEWER = sign_snapshot(write_snapshot(small_content(generation=43)), make_test_key("a"))
OLDER = sign_snapshot(write_snapshot(small_content(generation=41)), make_test_key("a"))
TWIN = sign_snapshot(write_snapshot(small_content(edition="x")), make_test_key("a"))
FLOOR = Snapshot(SIGNED).floor
TRUST = small_trust()
A, B, C, D = (find_key_id(make_test_key(name)) for name in "abcd")


def refuse(content: bytes, *, trust=TRUST, now: int = NOW, floor: Generation | None = None):
    with pytest.raises(SnapshotError) as caught:
        verify_snapshot(content, trust, now=UtcTime(now), floor=floor)
    return caught.value.reason_code, caught.value.message


def test_signing_changes_the_block_only_and_is_the_same_every_time():
    assert SIGNED[:-128] == UNSIGNED[:-128]
    assert sign_snapshot(UNSIGNED, make_test_key("a")) == SIGNED
    assert sign_blindly(UNSIGNED, "a") == SIGNED, "the norm, written a second time"
    assert sign_snapshot(SIGNED, make_test_key("b")) == sign_snapshot(UNSIGNED, make_test_key("b"))


def test_only_a_snapshot_is_signed():
    with pytest.raises(SnapshotError) as caught:
        sign_snapshot(UNSIGNED[:-1], make_test_key("a"))
    assert caught.value.reason_code == "truncated"


@pytest.mark.parametrize("name", ["a", "b"])
def test_any_good_key_of_the_list_will_do(name):
    signed = sign_snapshot(UNSIGNED, make_test_key(name))
    verify_snapshot(signed, TRUST, now=NOW, floor=None)
    verify_snapshot(signed, TRUST, now=NOW, floor=FLOOR)


def test_a_newer_generation_needs_no_parent_in_force():
    verify_snapshot(NEWER, TRUST, now=NOW, floor=FLOOR)
    verify_snapshot(NEWER, TRUST, now=NOW, floor=Generation(7, "07" * 32))


def test_why_a_signature_is_not_enough():
    assert refuse(UNSIGNED) == ("unsigned", "nobody has signed the snapshot")
    stranger = find_key_id(make_test_key("e"))
    assert refuse(sign_snapshot(UNSIGNED, make_test_key("e"))) == (
        "unknown-key",
        f"key {stranger} is not in the trust list",
    )
    assert refuse(sign_snapshot(UNSIGNED, make_test_key("c"))) == (
        "revoked-key",
        f"key {C} is revoked: laptop stolen",
    )
    assert refuse(sign_snapshot(UNSIGNED, make_test_key("d"))) == (
        "expired-key",
        f"the time of key {D} has ended",
    )
    broken = SIGNED[:-1] + bytes([SIGNED[-1] ^ 1])
    assert refuse(broken) == ("bad-signature", f"key {A} did not sign this content")


def test_dates_are_judged_now():
    verify_snapshot(SIGNED, TRUST, now=VALID_FROM, floor=None)
    assert refuse(SIGNED, now=VALID_FROM - 1) == (
        "expired-key",
        f"the time of key {A} has not begun",
    )
    assert refuse(SIGNED, now=VALID_UNTIL) == ("expired-key", f"the time of key {A} has ended")


def test_what_a_site_accepted_is_not_taken_away_when_the_key_ends():
    verify_snapshot(SIGNED, TRUST, now=VALID_UNTIL, floor=FLOOR)
    assert refuse(NEWER, now=VALID_UNTIL, floor=FLOOR)[0] == "expired-key"
    revoked = revoke_key(TRUST, A, at=NOW, reason="stolen")
    assert refuse(SIGNED, trust=revoked, floor=FLOOR)[0] == "revoked-key"


def test_a_revoked_key_refuses_whatever_the_clock_says():
    revoked = revoke_key(TRUST, A, at=UtcTime(NOW + 1), reason="stolen tomorrow")
    assert refuse(SIGNED, trust=revoked, now=VALID_FROM)[0] == "revoked-key"


def test_generations_only_grow():
    assert refuse(OLDER, floor=FLOOR) == (
        "older-generation",
        "generation 41 is older than 42, already accepted",
    )
    assert refuse(TWIN, floor=FLOOR) == (
        "same-generation-other-content",
        "generation 42 was accepted with other content: two contents were signed under one number",
    )


def test_the_good_one_stays():
    current = Snapshot(SIGNED)
    for offered, reason in (
        (NEWER[:-1], "truncated"),
        (b"", "truncated"),
        (OLDER, "older-generation"),
        (TWIN, "same-generation-other-content"),
        (UNSIGNED, "unsigned"),
    ):
        answer = choose(current, offered, TRUST, now=NOW)
        assert isinstance(answer, Refused)
        assert answer.reason == reason
        assert answer.message


def test_a_better_one_replaces_it():
    answer = choose(Snapshot(SIGNED), NEWER, TRUST, now=NOW)
    assert isinstance(answer, Accepted)
    assert answer.snapshot.generation == 43
    assert answer.floor == Generation(43, answer.snapshot.content_hash)


def test_the_first_one_needs_no_predecessor_and_the_same_one_may_come_again():
    first = choose(None, SIGNED, TRUST, now=NOW)
    assert isinstance(first, Accepted)
    assert isinstance(choose(first.snapshot, SIGNED, TRUST, now=NOW), Accepted)


def test_a_site_remembers_over_a_restart():
    answer = choose(None, SIGNED, TRUST, now=NOW, floor=Snapshot(NEWER).floor)
    assert isinstance(answer, Refused)
    assert answer.reason == "older-generation"
    assert isinstance(choose(None, SIGNED, TRUST, now=VALID_UNTIL, floor=FLOOR), Accepted)


def test_the_higher_of_two_floors_counts():
    answer = choose(Snapshot(SIGNED), SIGNED, TRUST, now=NOW, floor=Snapshot(NEWER).floor)
    assert isinstance(answer, Refused)
