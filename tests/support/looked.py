"""Eyes over calls of a minute, for some time of which all fail."""

import sqlite3

from tests.support.watched import MS, T0, S, open_eyes, write_call

BAD_S, ALL_S = 20, 60
EVERY_MS = 400


def write_minute(world):
    """Have a site write the calls."""
    for index in range(ALL_S * 1_000 // EVERY_MS):
        at_us = T0 + index * EVERY_MS * MS
        is_bad = 10 * S <= at_us - T0 < (10 + BAD_S) * S
        write_call(world, index, at_us, outcome="failed" if is_bad else "answered")


def play(path, world, *, end=None, **values):
    """Follow all of it; `end` is asked before each step whether the process ends."""
    store, follower, eyes = open_eyes(path, world, **values)
    now_us = T0
    while now_us < T0 + (ALL_S + 10) * S:
        now_us += 1_300 * MS
        if end is not None and end(store):
            store.close()
            store, follower, eyes = open_eyes(path, world, **values)
        try:
            follower.step(now_us)
        except sqlite3.Error:
            store.close()
            store, follower, eyes = open_eyes(path, world, **values)
            follower.step(now_us)
    return store, eyes
