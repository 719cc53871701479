"""
The planner's HTTP API: each route is a verb of `access`, each use of it a line of the audit log.

`intake` reads what came and refuses what is too large or misshapen, `guard` asks the desk,
`wishes` turns an allowed request into what `change` understands, `shown` is what is told.
`rejection` is every other answer, and says what to do next. `handlers` and `feeding` (stations)
put these together, `routes` is the one table of them, and `document` is its OpenAPI.
"""
