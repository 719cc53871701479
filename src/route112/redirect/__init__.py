"""
The last resort of an operator: a SIP server that answers 302 with the numbers to ring.

A third translation of the snapshot, written from docs/formats/snapshot.md and docs/decisions and
from nothing else: it shares no code with `snapshot`, `routing` or `native`, so that a mistake
in one of them is not a mistake here. Standard library only, but for the signature.

`octets` opens the file and checks all of it; `book` turns its tables into plain values; `origin`
tells the operator and reads its dialect; `targets` says which lines ring, in order; `sip` reads a
request and writes a response; `answer` puts them together; `trust` verifies signatures. No
module here opens a socket, a file or a clock: `adapters.redirect_server` does.

It knows no measured state and no position of a caller: orders, hours and the plan decide.
"""

from route112.redirect.answer import answer_request
from route112.redirect.book import Book, read_book
from route112.redirect.octets import RefusedError
from route112.redirect.trust import Trust, read_trust

__all__ = ["Book", "RefusedError", "Trust", "answer_request", "read_book", "read_trust"]
