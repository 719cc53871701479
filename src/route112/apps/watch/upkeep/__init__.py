"""
Where watch reads what has to be kept up: files that people change while it runs.

`kept_files` reads them again when they are others. `certificates`, `keys`, the `directory` of
contacts and numbers and the `journal_room` of a planner list what is due, as far as `renewals` is
told to look; `route112.watch.upkeep` judges it. `contents` compares what stations have in force,
and `logs` what a planner's logs say with what they said.
"""
