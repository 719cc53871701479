"""
`route112 watch`: follow the records of all stations, and keep what they say together.

`folders` reads one records folder, `follower` joins and keeps, `eyes` has calls looked at and
outlives its process, `country` is what they know of the country, `states` has measured states and
hands them to people and sites, `keeping` is the run directory of watch and what it forgets.
`shown` is what others are told of all that: by `status` with its `table`, and by `metrics`. `loop`
does all of it in turn, `command` is what people type, and `options` what `apps.probe` shares.
"""
