"""
The `route112 replay` command: a scenario played against running processes, and its report.

`ground` says where calls come from and where they should ring, `stage` puts a country up in one
wiring, `clock` makes time faster, `crowd` places the calls, `script` does what the fault script
says, `reach` notes which numbers that takes away, `conditions` what all of it was measured on.
`ending` takes the country down where a signal ends the play before its time.
`verdicts` has the checker judge, `report`, `picture` and `page` show it, `command` puts the steps
in order.
"""
