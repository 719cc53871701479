"""
`route112 up`, `status` and `down`: a whole topology on one machine.

`members` says which processes a topology means, `supervisor` keeps them running, `state` is the
file by which the others find them: RUN-DIR/up.json. Each member leads a process group of its own
and has a folder below RUN-DIR; `up` is in the path of no call. When it is killed its members serve
on: the next `up` takes them over, and `down` ends them. `detach` puts it into the background and
waits. `survey` asks every member what it does, `table` shows it, `footprint` says what it takes
and which addresses are its own.
"""
