"""
`route112 fault`: faults on demand in a country that runs by `route112 up --exercise`.

Nothing here is a branch in what takes calls. `signals` stop and kill, `network` drops packets,
`storm` delays them and floods, `resources` take memory, disk and time, `offers` are bad snapshots,
`psaps` tell the simulated answering points how to behave. Only two things cannot be had from
outside: named hooks, which an exercise loads and nothing else does; `hooks` writes what they read.

    kinds    the table of all kinds
    book     RUN-DIR/faults.json: what is in force, what was, and a line in faults.log for each
    ground   the run: its members, processes and addresses
    faults   the API: inject, clear, list
    runner   what has to be done again and again, in a process of its own

docs/faults.md says of each kind how calls feel it.
"""

from route112.apps.fault.faults import Faults, clear_leftovers, describe_faults
from route112.apps.fault.kinds import KINDS, FaultError

__all__ = ["KINDS", "FaultError", "Faults", "clear_leftovers", "describe_faults"]
