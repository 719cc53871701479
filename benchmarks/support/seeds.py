"""A benchmark that scores weeks of several seeds, two at a time unless told otherwise."""

import argparse
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TypeVar

from benchmarks.support.report import say

Score = TypeVar("Score")
Weeks = TypeVar("Weeks", int, float)
PROCESSES = 2


def score_seeds(
    said: str,
    score: Callable[[int, Weeks], Score],
    describe: Callable[[Score], str],
    *,
    seeds: Sequence[int],
    weeks: Weeks,
    taught: Weeks,
) -> tuple[list[Score], Path | None]:
    """
    Score what was asked for at the command; return the scores, and the file to write them to.

    Args:
        said: what the benchmark is for.
        score: of a seed and a number of weeks; in a process of its own.
        describe: what is told of a score when it is there.
        seeds: unless others are named; `weeks` alike.
        taught: weeks of each seed that teach only: fewer than one more are refused.
    """
    parser = argparse.ArgumentParser(description=said)
    parser.add_argument("seeds", nargs="*", type=int, default=list(seeds))
    parser.add_argument("--weeks", type=type(weeks), default=weeks)
    parser.add_argument("--processes", type=int, default=PROCESSES)
    parser.add_argument("--write", type=Path)
    asked = parser.parse_args()
    if asked.weeks <= taught:
        parser.error(f"--weeks {asked.weeks}: the first {taught} only teach; ask for more")
    scores = []
    with ProcessPoolExecutor(asked.processes) as pool:
        for one in pool.map(score, asked.seeds, [asked.weeks] * len(asked.seeds)):
            scores.append(one)
            say(describe(one))
    return scores, asked.write
