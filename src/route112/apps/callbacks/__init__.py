"""
`route112 callbacks`: who did not get through, who calls them back, and how that ended.

`show` turns the list into cells, JSON and CSV, `command` is what people type.
"""
