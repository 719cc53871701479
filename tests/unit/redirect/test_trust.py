import json

import pytest
from tests.support.snapshots import NOW, VALID_UNTIL, sign_blindly, small_content, small_trust

from route112.redirect import RefusedError, read_book, read_trust
from route112.snapshot.trust import render_trust
from route112.snapshot.writer import write_snapshot

PLAIN = write_snapshot(small_content())
LIST = render_trust(small_trust())
TRUST = read_trust(LIST)


def refusal(content, **options):
    with pytest.raises(RefusedError) as refused:
        read_book(content, trust=TRUST, **{"now": NOW, **options})
    return str(refused.value)


def test_a_file_of_a_trusted_key_is_taken():
    for key in "ab":
        assert read_book(sign_blindly(PLAIN, key), trust=TRUST, now=NOW).generation == 42


def test_a_file_that_nobody_vouches_for_is_refused_with_the_reason():
    signed = sign_blindly(PLAIN, "a")
    assert refusal(PLAIN) == "it is not signed"
    assert refusal(sign_blindly(PLAIN, "e")).startswith("it is signed by the unknown key ")
    assert refusal(sign_blindly(PLAIN, "c")).endswith("which was revoked")
    assert refusal(sign_blindly(PLAIN, "d")).endswith("which does not hold now")
    assert refusal(signed[:-1] + bytes([signed[-1] ^ 1])) == "its signature is not good"


def test_the_file_in_force_is_not_judged_by_dates_again():
    signed = sign_blindly(PLAIN, "a")
    book = read_book(signed, trust=TRUST, now=NOW)
    assert read_book(signed, trust=TRUST, now=VALID_UNTIL, in_force=book).generation == 42
    assert "does not hold now" in refusal(signed, now=VALID_UNTIL)


def change(**changes):
    document = json.loads(LIST)
    document["keys"][0] |= changes
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b'{"version": 2, "keys": []}',
        b'{"version": 1, "keys": []}',
        b'{"version": 1, "keys": 5}',
        change(id="0" * 16),
        change(public_key="!"),
        change(not_before="soon"),
        change(not_after="2026-11-01T00:00:00"),
        change(revoked_at=5),
        change(more=1),
        b" " * (1024 * 1024 + 1),
        LIST.replace(b'"version": 1', b'"version": 1, "more": 1'),
    ],
)
def test_a_list_is_taken_whole_or_not_at_all(content):
    with pytest.raises(RefusedError, match="the trust list"):
        read_trust(content)


def test_a_list_needs_a_key_in_reserve_and_none_twice():
    document = json.loads(LIST)
    for keys in (document["keys"][:1], [document["keys"][0]] * 2):
        with pytest.raises(RefusedError, match="a key twice, or fewer than 2"):
            read_trust(json.dumps({"version": 1, "keys": keys}).encode())
