"""
The `route112 records` commands: keep, show and search the records of a site.

`show` turns records and calls into lines and JSON with callers masked, `search` decides which
calls are wanted, `audit` writes down who saw numbers in clear, `commands` is what people type.
"""
