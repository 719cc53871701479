"""
The immutable file that sites read: format, writer, reader, signatures.

A snapshot is one file with everything that routing needs. `docs/formats/snapshot.md` is its norm;
`layout` is that page as a table, made of `fields`.

Writing goes down: `content` (values) -> `encoding` (bytes of each section) -> `writer` (one file).
Reading goes up: `frame` (header, hashes, directories) -> `checks` (every bound and reference) ->
`records` (one record a time) -> `reader` (look-ups). After `Snapshot(buffer)` nothing raises any
more, which is what makes a total `decide` possible. `unpack` is the writer's inverse.

The plan and the orders are two layers with a hash each. `content.with_orders` makes a new
generation whose plan is provably the same.

`trust` and `keys` say who may sign, and `keys.choose` keeps the good file when a bad one is
offered. Only these two need more than the standard library, so nothing is imported here: a
Kamailio worker imports `route112.snapshot.reader` and never sees the others.
"""
