"""The one table: each verb, who may use it, and who has to agree. What is not here nobody may."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from route112.access.people import Role

_Roles = frozenset[Role]

SEEING: _Roles = frozenset({Role.READER, Role.OPERATOR, Role.PLANNER, Role.CRISIS})
"""Whoever works here; callers are not among what these see."""
RUNNING: _Roles = frozenset({Role.OPERATOR})
PLANNING: _Roles = frozenset({Role.PLANNER})
ORDERING: _Roles = frozenset({Role.CRISIS})
CALLERS: _Roles = frozenset({Role.CRISIS, Role.PRIVACY})
PRIVATE: _Roles = frozenset({Role.PRIVACY})
SIGNALLING: _Roles = frozenset({Role.OPERATOR, Role.CRISIS})


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may use one verb."""

    roles: _Roles
    """One of them is needed."""
    approvers: _Roles = frozenset()
    """A second person with one of them has to agree; empty: nobody."""
    changes: bool = False
    """It leaves something changed: needs a reason, and counts once."""
    own_psap: bool = False
    """Whoever speaks for the answering point that it names may use it alone, without a role."""

    @property
    def two_person(self) -> bool:
        """Tell whether a second person has to agree."""
        return bool(self.approvers)


def _read(roles: _Roles) -> Rule:
    return Rule(roles)


def _change(roles: _Roles) -> Rule:
    return Rule(roles, changes=True)


def _agreed(roles: _Roles, approvers: _Roles, *, own_psap: bool = False) -> Rule:
    return Rule(roles, approvers, changes=True, own_psap=own_psap)


_PLANS = {
    "plan build": _change(PLANNING),
    "plan check": _read(SEEING),
    "plan diff": _read(SEEING),
    "plan keys list": _read(SEEING),
    "plan keys new": _agreed(PLANNING, PLANNING),
    "plan keys revoke": _agreed(PLANNING, SIGNALLING | PLANNING),
    "plan keys rotate": _agreed(PLANNING, PLANNING),
    "plan keys trust": _agreed(PLANNING, SIGNALLING | PLANNING),
    "plan lint": _read(SEEING),
    "plan migration": _read(SEEING),
    "plan orders": _agreed(ORDERING, SIGNALLING),
    "plan show": _read(SEEING),
    "plan sign": _agreed(PLANNING, PLANNING),
    "plan stats": _read(SEEING),
    "plan verify": _read(SEEING),
    "route": _read(SEEING),
    "topology check": _read(SEEING),
}
_MACHINES = {
    "down": _change(RUNNING),
    "edge run": _change(RUNNING),
    "records keep": _change(RUNNING),
    "receiver run": _change(RUNNING),
    "redirect run": _change(RUNNING),
    "site drain": _change(RUNNING),
    "site return": _change(RUNNING),
    "site run": _change(RUNNING),
    "up": _change(RUNNING),
    "watch probe": _change(RUNNING),
    "watch run": _change(RUNNING),
}
_EXERCISES = {
    "call": _change(RUNNING),
    "country demo": _change(RUNNING),
    "demo": _change(RUNNING),
    "fault clear": _change(RUNNING),
    "fault inject": _change(RUNNING),
    "fault list": _read(SEEING),
    "psap run": _change(RUNNING),
    "replay": _change(RUNNING),
}
_WATCHING = {
    "alarms": _read(SEEING),
    "callbacks assign": _change(CALLERS),
    "callbacks done": _change(CALLERS),
    "callbacks export": _change(PRIVATE),
    "callbacks list": _read(CALLERS),
    "records query": _read(PRIVATE),
    "records tail": _read(PRIVATE),
    "records verify": _read(SEEING),
    "report": _change(SIGNALLING),
    "states": _read(SEEING),
    "status": _read(SEEING),
    "watch status": _read(SEEING),
}
_COMMANDING = {
    "activate": _agreed(PLANNING, PLANNING | SIGNALLING),
    "approve": _change(PLANNING | SIGNALLING),
    "backup": _change(RUNNING),
    "change abort": _change(PLANNING | SIGNALLING),
    "change adopt": _agreed(PLANNING, PLANNING | SIGNALLING),
    "change resume": _change(PLANNING | RUNNING),
    "history": _read(SEEING),
    "order alternative": _agreed(ORDERING, SIGNALLING),
    "order divert": _agreed(ORDERING, SIGNALLING),
    "order list": _read(SEEING),
    "order pause": _agreed(ORDERING, SIGNALLING, own_psap=True),
    "order prefect": _agreed(ORDERING, SIGNALLING),
    "order resume": _agreed(ORDERING, SIGNALLING, own_psap=True),
    "planner run": _change(RUNNING),
    "planner status": _read(SEEING),
    "restore": _agreed(RUNNING, PLANNING),
    "site evacuate": _agreed(RUNNING, RUNNING | PLANNING),
    "site maintain": _agreed(RUNNING, RUNNING | PLANNING),
    "site upgrade": _agreed(RUNNING, RUNNING | PLANNING),
}
"""What the command line and the planner's HTTP API offer on top of `change`."""

RULES: Mapping[str, Rule] = MappingProxyType(
    {**_PLANS, **_MACHINES, **_EXERCISES, **_WATCHING, **_COMMANDING}
)
"""By verb: the words of the command line after `route112`."""
