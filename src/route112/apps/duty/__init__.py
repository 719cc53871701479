"""
What a member is told to do by a file in its run directory, and does through every restart.

`draining`: a site takes no new calls. `software`: a member of `up` runs another version, or
nothing. Whoever wants it leaves the file; whoever runs the member looks at it at each tick.
"""
