"""
What a planner sees of the country while a change goes on.

`view` reads what watch keeps: its alarms, and callers as all stations together have them on
record. `alarms` says which of them hold a change; a planner that nobody watches for holds it too.
`trials` lays the callers of the station at work beside those of the others. `load` proves from
measured calls that the others carry what one site has. `eyes` puts it together behind the seam.
"""

from route112.apps.planner.senses.eyes import Eyes

__all__ = ["Eyes"]
