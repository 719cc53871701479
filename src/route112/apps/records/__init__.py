"""
The `route112 records` commands: keep, show, search and verify the records of a site.

`show` turns records and calls into lines and JSON with callers masked, `search` decides which
calls are wanted, `audit` writes down who saw numbers in clear, `verifying` tells whether
sealed records are still what was sealed, `commands` is what people type.
"""
