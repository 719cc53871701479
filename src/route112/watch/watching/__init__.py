"""
Everything that looks at calls, as one: calls go in, and what began and what is over comes out.

`Watching` counts calls in their series, asks the tests of rates and every other `Detector`, once a
second of watch time, and knows which findings are open. It looks at whole seconds only, whatever
way records come in: whoever is started again, or reads a backlog, finds the same.
"""

from route112.watch.watching.looks import Watching

__all__ = ["Watching"]
