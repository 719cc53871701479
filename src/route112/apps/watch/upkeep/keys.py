"""When the keys that sign snapshots end."""

from collections.abc import Callable, Iterator
from pathlib import Path

from route112.adapters.source_folder import read_plain
from route112.apps.watch.upkeep.kept_files import Kept
from route112.snapshot.trust import TRUST_SIZE_MAX, TrustList, parse_trust
from route112.watch.detectors import Expiry, Lapse
from route112.watch.series import Series

KEY_WARN_US = 30 * 86_400_000_000
"""How long before its end it is told."""


class Keys:
    """The keys of a trust list."""

    def __init__(self, path: Path, *, complain: Callable[[str], None]) -> None:
        def read() -> TrustList:
            return parse_trust(read_plain(path, TRUST_SIZE_MAX))

        self._kept = Kept(path, read, complain)

    def list_expiries(self) -> Iterator[Lapse]:
        """List when each key that was not revoked ends; all but the last end by intent."""
        trust = self._kept.get()
        keys = [] if trust is None else [key for key in trust.keys if key.revoked_at is None]
        last_us = max((int(key.not_after) for key in keys), default=0)
        for key in keys:
            yield Expiry(
                what=f"key {key.id} ({key.name}) for snapshots",
                series=Series(),
                expires_us=int(key.not_after),
                warn_us=KEY_WARN_US,
                is_meant=int(key.not_after) < last_us,
            )
