"""How far a count may be from what is usual: the interval of a Poisson mean."""

import math

SURE = 0.95


def bound_mean(count: int, *, sure: float = SURE) -> tuple[float, float]:
    """Return between which means a count lies with this certainty (Garwood's interval)."""
    tail = (1.0 - sure) / 2.0
    low = 0.0 if count == 0 else _find_mean(count - 1, 1.0 - tail)
    return low, _find_mean(count, tail)


def _find_mean(count: int, chance: float) -> float:
    """Return the mean at which so many or fewer come with this chance."""
    low, high = 0.0, 10.0 * (count + 2)
    for _ in range(60):
        mean = (low + high) / 2.0
        if _sum_up(count, mean) > chance:
            low = mean
        else:
            high = mean
    return high


def _sum_up(count: int, mean: float) -> float:
    if mean <= 0.0:
        return 1.0
    logs = (k * math.log(mean) - mean - math.lgamma(k + 1) for k in range(count + 1))
    return sum(map(math.exp, logs))
