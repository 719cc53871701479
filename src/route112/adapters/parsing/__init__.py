"""
Parsing many delivered files at once: `pool` in bounded processes, `cache` never twice.

A file that hangs or devours memory costs its own process and is refused; a file that has not
changed, under code that has not changed, is not parsed again.
"""
