"""
What a planner sees of the country while a change goes on.

`view` reads what watch keeps: its alarms, and callers as all stations together have them on
record. `alarms` says which of them hold a change, while nobody watches that does, and which speak
against the station at its gate. `trials` lays the callers of the station at work beside those of
the others, and `again` those who call again at once. `lives` says of the station whether what it
was given runs there, and whether it is well. `testing` places test calls through it, over the next
hops that `moved` finds to change; the translations that it has in use are compared by
`apps.receiver.differences`. `load` proves from measured calls that the others carry what one site
has. `places` reads what stations of this machine say of themselves, `afar` what those on other
hosts do; `eyes` puts all of it together behind the seam, and `opening` makes them.
"""

from route112.apps.planner.senses.eyes import Eyes
from route112.apps.planner.senses.opening import open_eyes, open_far_eyes

__all__ = ["Eyes", "open_eyes", "open_far_eyes"]
