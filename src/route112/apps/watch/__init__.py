"""
`route112 watch`: follow the records of all stations, and keep what they say together.

`following` takes records and keeps calls, `looking` has calls looked at and outlives its process,
`country` is what they know of the country and `names` how they write its numbers and places,
`states` has measured states and hands them to people and sites, `upkeep` reads what has to be kept
up, `keeping` is the run directory of watch and what it forgets.
`shown` is what others are told of all that: by `status` with its `table`, and by `metrics`. `loop`
does all of it in turn, `command` is what people type, and `options` what `apps.probe` shares.
"""
