"""
`route112 watch`: follow the records of all stations, and keep what they say together.

`folders` reads one records folder, `follower` joins and keeps, `keeping` is the run directory of
watch and what is forgotten in it, `command` is what people type.
"""
