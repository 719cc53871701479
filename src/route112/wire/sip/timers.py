"""The timers of RFC 3261 in one frozen value: they are an argument, never a global."""

from dataclasses import dataclass

ROUND_TRIPS_MAX = 64
"""How many T1 a transaction lasts at most (timers B, F, H, J, L, M)."""
COMPLETED_SECONDS_MIN = 32.0
"""Timer D: the other side's T1 is not known, so this one does not scale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timers:
    """
    T1, T2 and T4, seconds.

    Source: RFC 3261 sections 17.1.1.1, 17.1.2.2.
    """

    t1_s: float = 0.5
    """Estimate of the round trip; first interval of a retransmission."""
    t2_s: float = 4.0
    """Longest interval between retransmissions."""
    t4_s: float = 5.0
    """How long the network keeps a message."""

    @property
    def transaction_s(self) -> float:
        """64 * T1: when a transaction gives up."""
        return ROUND_TRIPS_MAX * self.t1_s
