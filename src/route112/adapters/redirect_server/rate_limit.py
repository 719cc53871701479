"""How many requests an address may send; bounded, however many addresses there are."""

from collections import OrderedDict

REQUESTS_PER_S_MAX = 1_000
"""Requests a second from one address; what comes above twice as many at once is dropped."""
SOURCES_KEPT_MAX = 4_096
"""Addresses whose rate is counted; the longest silent one is forgotten first."""


class RateLimit:
    """A bucket of requests for each address; bounded."""

    def __init__(self, per_s: int) -> None:
        self._per_s = per_s
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """(requests left, when that was so in seconds), the longest silent first."""

    def admit(self, source: str, now_s: float) -> bool:
        """Tell whether one more request of this address is answered."""
        left, since_s = self._buckets.pop(source, (2.0 * self._per_s, now_s))
        left = min(2.0 * self._per_s, left + (now_s - since_s) * self._per_s)
        admitted = left >= 1.0
        self._buckets[source] = (left - admitted, now_s)
        if len(self._buckets) > SOURCES_KEPT_MAX:
            self._buckets.popitem(last=False)
        return admitted
