import io

import pytest

from route112.adapters.backup_file import sealing
from route112.adapters.backup_file.sealing import (
    FRAME_BYTES,
    HEAD_BYTES,
    Sealer,
    SealError,
    Unsealer,
)

SECRET = b"correct horse"


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    monkeypatch.setattr(sealing, "SCRYPT_COST", 2**4)


def seal(content, passphrase=SECRET):
    file = io.BytesIO()
    sealer = Sealer(file, passphrase)
    for start in range(0, len(content), 50_000):
        sealer.write(content[start : start + 50_000])
    sealer.finish()
    return file.getvalue()


def unseal(sealed, passphrase=SECRET):
    reader = Unsealer(io.BytesIO(sealed), passphrase)
    return b"".join(iter(lambda: reader.read(10_000), b""))


@pytest.mark.parametrize("size", [0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 200_000])
def test_what_was_sealed_is_read_again(size):
    content = bytes(number % 251 for number in range(size))
    sealed = seal(content)
    assert unseal(sealed) == content
    assert content[:100] not in sealed or size < 3


def test_two_backups_of_one_content_have_nothing_in_common():
    assert seal(b"same")[HEAD_BYTES:] != seal(b"same")[HEAD_BYTES:]


@pytest.mark.parametrize(
    ("damage", "text"),
    [
        (lambda sealed: b"x" + sealed[1:], "does not begin like"),
        (lambda sealed: sealed[:10], "does not begin like"),
        (lambda sealed: sealed[:HEAD_BYTES], "cut off behind frame 0"),
        (lambda sealed: sealed[:-1], "cut off behind frame 1"),
        (lambda sealed: sealed[: HEAD_BYTES + 4 + FRAME_BYTES + 16], "cut off behind frame 1"),
        (lambda sealed: sealed + b"x", "something was appended"),
        (lambda sealed: sealed[:-1] + bytes([sealed[-1] ^ 1]), "altered at frame 1"),
        (lambda sealed: sealed[:HEAD_BYTES] + b"\xff" + sealed[HEAD_BYTES + 1 :], "at frame 0"),
        (lambda sealed: sealed.replace(b"salt=", b"salt=0", 1), "does not begin like"),
    ],
)
def test_every_damage_is_found(damage, text):
    with pytest.raises(SealError, match=text):
        unseal(damage(seal(b"7" * 100_000)))


def test_frames_stand_in_their_order():
    sealed = seal(b"7" * (3 * FRAME_BYTES))
    frame = 4 + FRAME_BYTES + 16
    first, second = (sealed[HEAD_BYTES + n * frame : HEAD_BYTES + (n + 1) * frame] for n in (0, 1))
    with pytest.raises(SealError, match="the passphrase is another one, or its beginning"):
        unseal(sealed[:HEAD_BYTES] + second + first + sealed[HEAD_BYTES + 2 * frame :])


def test_another_passphrase_opens_nothing():
    with pytest.raises(SealError, match="the passphrase is another one"):
        unseal(seal(b"numbers"), b"wrong")
