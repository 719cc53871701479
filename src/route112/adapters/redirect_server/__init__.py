"""
The redirect server: requests come in by UDP and TCP, and are answered from a snapshot.

One event loop, no thread in the path of a call: a datagram is answered inside the callback that
brought it (`sockets`). `server` answers each message, as far as the `rate_limit` of its address
lets it. `shelf` has the snapshot: a new one is read and checked beside the loop and put in force
between two messages; whatever is wrong with it, the one in force stays.
"""
