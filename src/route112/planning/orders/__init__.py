"""
Emergency orders: the next generation of a snapshot without a build.

`revision` checks orders against the plan of a snapshot as a build would, and writes the
generation that differs in them alone. `touched` says which keys they touch, and refuses whatever
else differs. Who may order, and that two people do, is not decided here.
"""
