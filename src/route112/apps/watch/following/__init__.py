"""
From records folders to calls that are kept and told: each step is one transaction.

`Follower` takes the steps. `folders` reads one folder, also while it comes and goes; `absences`
knows which cannot be read, `owners` whose records count, and `taking` which of them are new.
`joined` makes calls of them, keeps them and gives them to whoever looks; `events` is what stations
say of themselves. `own_clock` is the clock of this machine, and `lateness` how late records come
by it.
"""
