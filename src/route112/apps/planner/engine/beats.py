"""Something that is done again and again in a thread of its own, whatever becomes of it."""

import threading
from collections.abc import Callable


class Beat:
    """
    A thread that does something, waits, and does it again.

    What it raises is told, each text once in a row, and ends nothing. The thread is a daemon: one
    that hangs keeps no program from ending.
    """

    def __init__(
        self, name: str, do: Callable[[], None], *, every_s: float, say: Callable[[str], None]
    ) -> None:
        self._name, self._do, self._every_s, self._say = name, do, every_s, say
        self._woken, self._is_ended = threading.Event(), False
        self._told = ""
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def begin(self) -> None:
        """Do it now, and from then on."""
        self._thread.start()

    def wake(self) -> None:
        """Let the next time be now; from any thread."""
        self._woken.set()

    def end(self, wait_s: float) -> bool:
        """Begin no next time; tell whether this one has ended within some seconds."""
        self._is_ended = True
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(wait_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._is_ended:
            self._woken.clear()
            text = ""
            try:
                self._do()
            except Exception as error:  # noqa: BLE001  one bad look must not end the looking
                text = f"{self._name}: {type(error).__name__}: {error}"
            if text and text != self._told:
                self._say(text)
            self._told = text
            if not self._is_ended:
                self._woken.wait(self._every_s)
