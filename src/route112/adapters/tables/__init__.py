"""
Translations of a snapshot as files that Kamailio loads, and the programs that make them.

`file` writes rows, `translation` says what was written and is the frame of a program that does it
beside a supervisor. `native` is the program for a site, `edge` the one for an operator's edge.
"""
