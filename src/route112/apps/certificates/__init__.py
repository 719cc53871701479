"""
Certificates by which a planner and its stations know each other, while they are renewed.

`kept` reads them again when they are others on the disk, so that nobody is started anew for that.
`ends` knows when each of them ends, and how a planner leaves word of it for `watch run` and
`planner status`: only a planner sees those of its stations.
"""
