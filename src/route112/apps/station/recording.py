"""A station keeps its own records: the recorder runs beside the supervisor, never in its way."""

import asyncio
from collections.abc import Callable

from route112.adapters.record_spool import Recorder, RecorderRunningError
from route112.apps.station.events import Reporter

RETRY_SECONDS = 5.0
"""After a recorder that could not begin, or ended by itself."""


class Recording:
    """Keeps a recorder running; whatever becomes of it, calls and supervisor go on."""

    def __init__(self, make: Callable[[], Recorder], report: Reporter) -> None:
        self._make = make
        self._report = report
        self._recorder: Recorder | None = None
        self._task: asyncio.Task[None] | None = None
        self._trouble = ""

    @property
    def backlog_bytes(self) -> int | None:
        """Bytes of records that are not sealed; None: nobody seals them now."""
        if self._recorder is None:
            return None
        try:
            return self._recorder.backlog_bytes
        except OSError:
            return None

    def begin(self) -> None:
        """Begin to keep the records; needs a running loop."""
        self._task = asyncio.get_running_loop().create_task(self._keep())

    async def end(self) -> None:
        """Seal what there is, and end."""
        if self._task is None:
            return
        task, self._task = self._task, None
        if self._recorder is None:
            task.cancel()
        else:
            self._recorder.stop()
        await asyncio.wait((task,))

    async def _keep(self) -> None:
        while self._task is not None:
            try:
                self._recorder = self._make()
                self._trouble = ""
                await self._recorder.run()
            except (RecorderRunningError, OSError) as error:
                self._say(str(error))
            except Exception as error:  # noqa: BLE001  a defect here must not stop a station
                self._say(repr(error))
            finally:
                self._recorder = None
            if self._task is not None:
                await asyncio.sleep(RETRY_SECONDS)

    def _say(self, trouble: str) -> None:
        """Tell people once of each trouble."""
        if trouble != self._trouble:
            self._trouble = trouble
            self._report.say(f"records are not sealed by this supervisor: {trouble}")
