"""
Findings of one cause are one alarm: what is hit, since when, why probably, and what still works.

`Alarms.take` is given what the detectors say and returns what people should be told. It also sees
every call, since what those who are hit have in common shows only beside those who are well:
`Sightings` counts both, `Ground` says what each element hangs on by topology and plan, and
`factors` compares. Single calls of the last hour (`traces`) say how many causes there are
(`causes`); where they do not, what series can share does (`related`). `Reports` are findings too:
somebody says "we receive nothing".
"""

from route112.watch.alarms.alarms import Alarms
from route112.watch.alarms.factors import Factor
from route112.watch.alarms.ground import Ground
from route112.watch.alarms.sightings import Sightings
from route112.watch.alarms.values import Alarm, AlarmEvent, Hit, State, What, Works

__all__ = [
    "Alarm",
    "AlarmEvent",
    "Alarms",
    "Factor",
    "Ground",
    "Hit",
    "Sightings",
    "State",
    "What",
]
__all__ += ["Works"]
