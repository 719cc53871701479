"""
From calls to findings, through restarts.

`Eyes` are given calls and have them looked at; all that they were given is kept, in the
transaction of the step that it came with, until the state is frozen whole (`freezing`). Whoever is
started again thaws the state and goes through those steps once more: it stands where the one
before it stood, findings and all. `makings` is what looks are made of.
"""
