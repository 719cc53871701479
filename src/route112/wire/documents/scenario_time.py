"""`scenario-time.json` (docs/formats/records.md): what real time is in a played evening."""

import json
import math
from dataclasses import dataclass

from route112.model import UtcTime

FORMAT = 1
BYTES_MAX = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioTime:
    """What real time stands for in a run that plays a scenario."""

    scenario: str
    wiring: str
    starts: UtcTime
    """When the scenario begins, by its own clock."""
    began: UtcTime
    """When it began to be played, by the wall clock."""
    compression: float
    """Scenario seconds for each real one."""

    def read(self, wall_us: int) -> int | None:
        """Return the scenario's instant, microseconds; None before it began to be played."""
        if wall_us < self.began:
            return None
        return self.starts + round((wall_us - self.began) * self.compression)

    def find_wall(self, scenario_us: int) -> int:
        """Return the first instant of the wall clock that stands for one of the scenario."""
        return self.began + math.ceil((scenario_us - self.starts) / self.compression)


def render_scenario_time(value: ScenarioTime) -> bytes:
    """Render the file."""
    return json.dumps(
        {
            "format": FORMAT,
            "scenario": value.scenario,
            "wiring": value.wiring,
            "starts_us": value.starts,
            "began_us": value.began,
            "compression": value.compression,
        },
        indent=1,
    ).encode()


def parse_scenario_time(content: bytes) -> ScenarioTime:
    """Parse the file; raises ValueError."""
    if len(content) > BYTES_MAX:
        raise ValueError(f"more than {BYTES_MAX:,} bytes")
    read = json.loads(content)
    if not isinstance(read, dict) or read.get("format") != FORMAT:
        raise ValueError(f"no scenario time of format {FORMAT}")
    try:
        value = ScenarioTime(
            scenario=str(read["scenario"]),
            wiring=str(read["wiring"]),
            starts=UtcTime(int(read["starts_us"])),
            began=UtcTime(int(read["began_us"])),
            compression=float(read["compression"]),
        )
    except (KeyError, TypeError, OverflowError) as error:
        raise ValueError(f"a field is missing or wrong: {error}") from None
    if not (math.isfinite(value.compression) and value.compression > 0):
        raise ValueError(f"a compression of {value.compression}")
    return value
