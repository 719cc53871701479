"""How a site or an edge knows that it is part of an exercise, and what Kamailio learns of it."""

from collections.abc import Mapping

VARIABLE = "ROUTE112_EXERCISE"
"""1 in the environment: the two named hooks for faults are loaded, and it says so everywhere."""
PASSED = (VARIABLE, "LD_PRELOAD")
CLOCK_PREFIX = "FAKETIME_"
"""Of the variables by which a process has a clock of its own."""


def is_exercise(environ: Mapping[str, str]) -> bool:
    """Tell whether faults may be put in."""
    return environ.get(VARIABLE) == "1"


def list_passed(environ: Mapping[str, str]) -> Mapping[str, str]:
    """Return what Kamailio gets of our own environment in an exercise; nothing otherwise."""
    if not is_exercise(environ):
        return {}
    return {
        name: text
        for name, text in environ.items()
        if name in PASSED or name.startswith(CLOCK_PREFIX)
    }
