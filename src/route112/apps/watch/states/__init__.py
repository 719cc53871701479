"""
Measured states, out of calls, test calls and OPTIONS, into files.

`sounding` asks by OPTIONS, `stating` takes what all sources say and hands it to people and sites,
those that `owning` has for this watch alone.
"""
