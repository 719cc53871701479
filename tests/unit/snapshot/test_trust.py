import json
from dataclasses import replace

import pytest
from tests.support.snapshots import (
    NOW,
    VALID_FROM,
    VALID_UNTIL,
    make_test_key,
    small_trust,
    trusted_key,
)

from route112.model import UtcTime
from route112.snapshot import trust as trust_module
from route112.snapshot.trust import (
    KEYS_COUNT_MAX,
    TRUST_SIZE_MAX,
    TrustError,
    TrustList,
    make_key_id,
    parse_public_key,
    parse_trust,
    render_public_key,
    render_trust,
    revoke_key,
    rotate_key,
)

TRUST = small_trust()
A, B, C, D = TRUST.keys


def test_a_list_is_read_as_it_was_written():
    content = render_trust(TRUST)
    assert parse_trust(content) == TRUST
    assert render_trust(parse_trust(content)) == content
    assert json.loads(content)["keys"][0] == {
        "id": A.id,
        "name": "TEST KEY a",
        "public_key": "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=",
        "not_before": "2026-11-01T00:00:00Z",
        "not_after": "2027-12-31T00:00:00Z",
        "revoked_at": None,
        "reason": "",
    }


def test_the_public_half_of_a_key_is_read_as_it_was_written():
    assert parse_public_key(render_public_key(C)) == C


def test_an_id_is_made_from_the_key():
    assert make_key_id(make_test_key("a").public_key().public_bytes_raw()) == A.id
    assert TRUST.find_key(A.id) == A
    assert TRUST.find_key("0" * 16) is None


def test_usable_keys_are_in_their_dates_and_not_revoked():
    assert TRUST.list_usable(NOW) == (A, B)
    assert TRUST.list_usable(UtcTime(0)) == (D,)
    assert TRUST.list_usable(VALID_UNTIL) == ()


def edit(**changes):
    document = json.loads(render_trust(TRUST))
    document["keys"][0].update(changes)
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file cannot be read: Input data was truncated"),
        (b"\xff", "the file cannot be read"),
        (b'{"version": 1}', "the file cannot be read: Object missing required field `keys`"),
        (b'{"version": 2, "keys": []}', "the trust list has version 2, not 1"),
        (b'{"version": 1, "keys": []}', "a trust list has 2 to 32 keys, not 0"),
        (b'{"version": 1, "keys": [], "default": true}', "unknown field `default`"),
        (edit(colour="red"), "unknown field `colour`"),
        (edit(not_before="2026-11-01"), "Invalid RFC3339 encoded datetime"),
        (edit(not_before="2026-11-01T00:00:00"), "Expected `datetime` with a timezone"),
        (edit(public_key="AA=A"), f"key {A.id} is not base64"),
        (edit(public_key="é"), f"key {A.id} is not base64"),
        (edit(public_key="AAAA"), f"key {A.id} does not have 32 bytes"),
        (edit(id=B.id), f"key {B.id} has the id of another key"),
        (edit(not_after="2026-11-01T00:00:00Z"), f"key {A.id} ends before it begins"),
        (b" " * (TRUST_SIZE_MAX + 1), "the file has more than 65536 bytes"),
    ],
)
def test_a_list_with_any_mistake_is_refused_whole(content, message):
    with pytest.raises(TrustError) as caught:
        parse_trust(content)
    assert message in str(caught.value)


def test_times_with_another_offset_mean_the_same_instant():
    changed = parse_trust(edit(not_before="2026-11-01T01:00:00+01:00"))
    assert changed.keys[0].not_before == VALID_FROM


def test_a_list_has_a_key_in_reserve_none_twice_and_not_too_many():
    with pytest.raises(TrustError, match="a trust list has 2 to 32 keys, not 1"):
        TrustList((A,))
    with pytest.raises(TrustError, match="a key occurs twice in the trust list"):
        TrustList((A, A))
    many = []
    for number in range(KEYS_COUNT_MAX + 1):
        public_key = bytes([number]) * 32
        many.append(replace(A, id=make_key_id(public_key), public_key=public_key))
    assert len(TrustList(tuple(many[:-1])).keys) == KEYS_COUNT_MAX
    with pytest.raises(TrustError, match="a trust list has 2 to 32 keys, not 33"):
        TrustList(tuple(many))


def test_a_key_is_revoked_once():
    revoked = revoke_key(TRUST, A.id, at=NOW, reason="office broken into")
    assert revoked.keys[0] == replace(A, revoked_at=NOW, reason="office broken into")
    assert revoked.keys[1:] == TRUST.keys[1:]
    assert revoked.list_usable(NOW) == (B,)
    with pytest.raises(TrustError, match=f"key {A.id} is revoked already: office broken into"):
        revoke_key(revoked, A.id, at=NOW, reason="again")
    with pytest.raises(TrustError, match="the trust list has no key 00"):
        revoke_key(TRUST, "00", at=NOW, reason="lost")


def test_a_successor_takes_over_with_an_overlap():
    successor = trusted_key("e", not_before=NOW)
    overlap = UtcTime(NOW + 1)
    rotated = rotate_key(TRUST, A.id, successor=successor, old_until=overlap)
    assert rotated.keys == (replace(A, not_after=overlap), B, C, D, successor)
    assert rotated.list_usable(NOW)[0].id == A.id


def test_a_rotation_never_makes_a_key_last_longer():
    rotated = rotate_key(
        TRUST, A.id, successor=trusted_key("e"), old_until=UtcTime(VALID_UNTIL + 1)
    )
    assert rotated.keys[0].not_after == VALID_UNTIL


def test_a_rotation_leaves_no_gap():
    late = trusted_key("e", not_before=UtcTime(NOW + 1))
    with pytest.raises(TrustError, match=f"key {A.id} ends before key {late.id} begins"):
        rotate_key(TRUST, A.id, successor=late, old_until=NOW)


def test_the_version_is_the_one_of_the_page():
    assert trust_module.TRUST_VERSION == 1
