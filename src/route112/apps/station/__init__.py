"""
What a site and an edge have in common: one Kamailio with a table, kept true and kept running.

A **station** is one run directory with a supervisor, a Kamailio, its records and the snapshot in
force. `serving` puts the parts together, `supervisor` is their loop: `offers` judges offered
snapshots, `native` has them translated and put in use, `kamailio` starts, asks and buries,
`recording` keeps the records, `figures` counts them and tells Prometheus, `disk` and `events`
tell people. None of it knows what Kamailio does with a call: that is the configuration,
which a site and an edge each render by themselves. One process, no threads: whatever takes long is
done in steps or in a child, and nothing here is in the path of a call.
"""
