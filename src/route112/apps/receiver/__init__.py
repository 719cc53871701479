"""
`route112 receiver`: beside each station, brings it what the planner says that it shall have.

`replication` decides each step. `planner_link` asks and fetches, with a bound on everything;
`own_report` reads what the station says of itself, and while its planner asks for that `gate_look`
how it is at the gate of a change, and `comparing` has its translations compared beside
(`differences`, which a planner on the same machine asks itself). `loop` turns it. Whatever the
planner does or does not do, the station has its file and its supervisor, which verifies what is
offered.
"""
