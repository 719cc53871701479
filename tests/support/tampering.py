"""Ways to tamper with a records folder, each as somebody who knows the format would do it."""

import hashlib
import re
import zlib
from pathlib import Path

from tests.support.records import World, kill

from route112.adapters.record_spool import Bounds, Verified, verify_folder

SMALL = {"segment_bytes_max": 300, "seal_seconds": 1e9, "disk_free_bytes_min": 0}


def make_sealed(path: Path, segments: int, **bounds) -> World:
    """Make a folder with so many segments and a state; nothing is left unsealed."""
    world = World(path, bounds=Bounds(**(SMALL | bounds)))
    recorder = world.recorder()
    for _ in range(segments):
        world.write(5)
        while recorder.step():
            pass
    kill(recorder)
    return world


def list_files(path: Path) -> list[Path]:
    """Return the segments in the order of their numbers."""
    return sorted((path / "segments").glob("*.r1"), key=lambda file: file.stem[-10:])


def check(path: Path) -> Verified:
    """Verify a folder."""
    return verify_folder(path, lambda _name, _steps: None)


def reseal(content: bytes) -> bytes:
    """Compute the seal of altered content anew."""
    body = content[: content.rindex(b" sha256=")]
    return body + b" sha256=" + hashlib.sha256(body).hexdigest().encode() + b"\n"


def restate(path: Path, **changes) -> None:
    """Alter the state, and its check sum with it."""
    body = (path / "recorder.state").read_bytes().rpartition(b" check=")[0].decode()
    for name, value in changes.items():
        body = re.sub(rf" {name}=\S*", f" {name}={value}", body)
    content = body.encode()
    (path / "recorder.state").write_bytes(content + b" check=%d\n" % zlib.crc32(content))


def unchain(content: bytes) -> bytes:
    """Make a segment as recorders did before there was a chain."""
    content = re.sub(rb" before=[0-9a-f]{64}", b"", content)
    body = content[: content.rindex(b"R1 sealed ")]
    return content[:-65] + hashlib.sha256(body).hexdigest().encode() + b"\n"
