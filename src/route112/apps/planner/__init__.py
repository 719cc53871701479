"""
`route112 planner`: the one process that decides changes and brings orders to stations.

`engine` keeps the journal, decides and makes snapshots by what `change` and `replication` say.
`seams` is what it is told and what it has done by others: senses measure, hands act. No call
passes here: a station keeps what it has while a planner is dead, hangs, or lies.
"""
