"""
`route112 watch probe`: test calls on every path of a country, without an end or once.

`prober` places one test call and hears whether its audio comes back; `running` gives each path its
turn; `keeping` is what is left of it: a record of each call, and the latest of each path in one
small file. `table` shows that file, `command` is what people type.
"""
