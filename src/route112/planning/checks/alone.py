"""What the rows of one plan file say against each other, with nothing else at hand."""

from route112.model import Plan, PlanFile, Problem, Profile, Psap, Technology, Territory, UtcTime
from route112.planning.checks.coverage import check_areas, check_hours, check_overlaps
from route112.planning.checks.subject import Subject
from route112.planning.resolve import resolve_plan


def check_alone(file: PlanFile, *, profile: Profile, territory: Territory) -> tuple[Problem, ...]:
    """
    Find hours and areas of one file that overlap, or leave a gap.

    A plan without answering points cannot say more: whether every commune has its rows, and
    whether targets exist, is for the whole plan to tell.
    """
    if not any(route.hours or route.area for route in file.routes):
        return ()
    plan = Plan(
        profile=profile,
        territory=_select(file, territory),
        # Each target stands for an answering point, so that different targets differ.
        psaps={number: _stand_in(number) for route in file.routes for number in route.targets},
        carriers={},
        operators={},
        orders=(),
        files=(file,),
    )
    subject = Subject(plan=plan, resolution=resolve_plan(plan), now=UtcTime(0), timezones={})
    checks = (check_overlaps, check_hours, check_areas)
    return tuple(problem for check in checks for problem in check(subject))


def _select(file: PlanFile, territory: Territory) -> Territory:
    codes = set(file.communes)
    codes |= {territory.communes[code].parent for code in codes} - {""}
    return Territory({code: territory.communes[code] for code in sorted(codes)}, {})


def _stand_in(number: str) -> Psap:
    return Psap(
        id=number,
        name="",
        kind="",
        departement="",
        primary=number,
        secondary="",
        alternative="",
        technology=Technology.IP,
        carrier="",
        secondary_carrier="",
        building="",
        capacity_calls=1,
        contact="",
        row=0,
    )
