"""
`route112 planner`: the one process that decides changes and brings orders to stations.

`engine` keeps the journal, decides and makes snapshots by what `change` and `replication` say.
`seams` is what it is told and what it has done by others: senses measure, hands act.

`desk` says who may ask (people.yaml, the audit log in `auditing`), `serving` who is at the other
end of a connection, `web` and `api` what is asked over HTTP. `stations` are no persons. No call
passes here: a station keeps what it has while a planner is dead, hangs, or lies.
"""
