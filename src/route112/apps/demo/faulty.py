"""
Kamailio's Python with a switch that makes it fail: for the demo's own site, never for another one.

The demo lays this file beside a copy of `kamailio/bootstrap.py` and has its Kamailio load this
one. It does what the real one does and then wraps the function that decides: as long as the file
`fault` beside it says `raise` or `hang`, a decision raises an exception or never returns. So
production code has no branch for faults, and what catches them is the real thing.
"""

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

FAULT = "fault"
"""File beside this one: `raise`, `hang`, or not there."""
RAISE, HANG = "raise", "hang"


def mod_init() -> object:
    """Give Kamailio its real handler, over a `decide` that may fail."""
    here = Path(__file__).parent
    real: Callable[[], object] = runpy.run_path(str(here / "bootstrap.py"))["mod_init"]
    handler = real()
    from route112.adapters.kemi import handler as module  # the real one has found the package

    names = vars(module)
    names["decide"] = make_faulty(names["decide"], here / FAULT)
    return handler


def make_faulty(decide: Callable[..., Any], switch: Path) -> Callable[..., Any]:
    """Wrap `decide` so that it fails as the file says."""

    def decide_or_fail(*values: object, **options: object) -> Any:  # noqa: ANN401  of `decide`
        try:
            fault = switch.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return decide(*values, **options)
        while fault == HANG:
            pass
        raise RuntimeError(f"planted by the demo: {fault}")

    return decide_or_fail
