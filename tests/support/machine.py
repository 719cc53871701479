"""What the end-to-end tests need of the machine; what is missing fails them, and nothing is skipped."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.support.sipp_psaps import SYSTEM_PATH

PACKAGES = {
    "kamailio": "kamailio",
    "sipp": "sip-tester",
    "faketime": "faketime",
    "ip": "iproute2",
    "nft": "nftables",
    "mount": "mount",
}
"""Program to the Debian package that has it; `tools/setup dev` installs them all."""


def list_missing_packages() -> list[str]:
    """List the packages that are not installed."""
    return [
        package
        for program, package in PACKAGES.items()
        if shutil.which(program, path=SYSTEM_PATH) is None
    ]


def require_packages() -> None:
    """Fail with the packages to install, if any is missing."""
    if missing := list_missing_packages():
        pytest.fail(f"install {', '.join(missing)}: make setup-dev", pytrace=False)


def find_faketime() -> Path:
    """Return the library that sets a program's clock."""
    found = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
    if found is None:
        pytest.fail("install faketime: make setup-dev", pytrace=False)
    return found


def run_as_root(*argv: str) -> None:
    """Run a command with the rights to mount and to make networks, or fail and say so."""
    as_root = () if os.geteuid() == 0 else ("sudo", "-n")
    try:
        run = subprocess.run((*as_root, *argv), check=False, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.fail(f"`{argv[0]}` needs root: run `make e2e` as root, or have sudo", pytrace=False)
    if run.returncode:
        pytest.fail(
            f"`{' '.join(argv)}` needs root, or sudo without a password, on a machine (or in a "
            f"container) that allows it: {run.stderr.strip()}",
            pytrace=False,
        )


@contextmanager
def mount_disk(folder: Path, *, mib: int) -> Iterator[Path]:
    """Give a small disk in memory, mounted at `folder`."""
    folder.mkdir()
    run_as_root("mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        run_as_root("umount", "-l", str(folder))
