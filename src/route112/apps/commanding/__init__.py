"""
What people ask the planner: orders, plans, approvals, and what became of them.

`client` asks over the planner's socket or HTTPS, `times` reads "2h" and instants, `telling` says
what became of a request, `following` looks on until it is in force. One module for each command.
Whoever asks is known by the connection: there is no password, and no name to be typed.
"""
