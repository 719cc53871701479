"""
The parts of reading a PDAAU: what headers are called, which row is the header, what rows say.

`synonyms` is language, and nothing but data; `headers` finds the header and maps columns to
roles; `targets` memoises what cells say; `keys` turns rows into the columns of a `PlanFile`.
"""
