"""
Composition roots: the commands that people type.

A command reads its options, puts adapters and the pure core together, and says what happened in
words that tell what to do next. It decides nothing about calls. `cli` lists the commands and
loads one when it is asked for; `_console` holds what they share with a person: tables, progress,
problems, exit codes. A command with several verbs is a package of its own.
"""
