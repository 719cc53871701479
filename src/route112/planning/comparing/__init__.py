"""
Two snapshots side by side, as callers notice them.

`views` says of each route what rings, when and where; `uprooted` names the departements whose
calls leave whoever answered them. `planning.impact` sums up what differs.
"""
