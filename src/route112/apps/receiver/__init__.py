"""
`route112 receiver`: beside each station, brings it what the planner says that it shall have.

`replication` decides each step. `planner_link` asks and fetches, with a bound on everything;
`own_report` reads what the station says of itself; `loop` turns it. Whatever the planner does or
does not do, the station has its file and its supervisor, which verifies what is offered.
"""
