"""
`route112 alarms` and `route112 report`: what is wrong, and who says so.

`show` writes alarms for people and machines. What was told goes on by two channels, each of which
remembers how far it is: `ledger` is a file, `webhook` a thread that nobody waits for. `saying`
checks reports, which come by `report` or by HTTP (`listening`). `command` is what people type.
"""
