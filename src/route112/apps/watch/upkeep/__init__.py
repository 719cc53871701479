"""
Where watch reads what has to be kept up: files that people change while it runs.

`renewals` reads certificates, the trust list, contacts and numbers again when they are others, and
lists what is due; `route112.watch.upkeep` judges it. `contents` compares what stations have in
force.
"""
