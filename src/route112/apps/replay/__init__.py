"""
The `route112 replay` command: a scenario played against running processes, and its report.

`picture` draws what became of the calls over time, `page` puts pictures and tables into one HTML
file that needs nothing else.
"""
