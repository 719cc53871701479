"""A small plan for tests: three departements, one city with arrondissements, six PSAPs."""

import datetime as dt
from array import array
from dataclasses import replace
from zoneinfo import ZoneInfo

from route112.model import (
    Carrier,
    Commune,
    Departement,
    Hop,
    Hours,
    NumberRule,
    Operator,
    Plan,
    PlanFile,
    PlanRoute,
    Profile,
    Psap,
    PsapKind,
    ShortNumber,
    Technology,
    Territory,
    UtcTime,
)
from route112.planning import resolve_plan
from route112.planning.checks import Subject

NOW = UtcTime(1_794_744_000 * 1_000_000)
"""2026-11-15T12:00:00Z."""
TIMEZONES = {"Europe/Paris": ZoneInfo("Europe/Paris")}
DAY = Hours(tuple((day * 1440 + 480, day * 1440 + 1200) for day in range(7)))
"""Every day 08:00 to 20:00."""
NIGHT = Hours(
    (
        (0, 480),
        *((day * 1440 + 1200, (day + 1) * 1440 + 480) for day in range(6)),
        (6 * 1440 + 1200, 7 * 1440),
    )
)
"""The rest of the week."""
NUMBERS = ("15", "18", "112")

SHORTS = (
    ShortNumber(number="15", urn="urn:service:sos.ambulance", name="SAMU", kinds=("CRRA15",)),
    ShortNumber(number="18", urn="urn:service:sos.fire", name="Pompiers", kinds=("CTA18",)),
    ShortNumber(number="112", urn="urn:service:sos", name="112", kinds=("CTA18", "CRRA15")),
)
PROFILE = Profile(
    country="fr",
    edition="test",
    valid_from=1_793_491_200 * 1_000_000,
    valid_until=1_830_211_200 * 1_000_000,
    communes="communes.csv",
    country_code="33",
    national_prefix="0",
    national_length=10,
    number_plan=(NumberRule(name="geographic", pattern=r"0([1-9]\d{8})", e164=r"+33\1"),),
    short_numbers=SHORTS,
    default_number="112",
    kinds=(
        PsapKind(name="CRRA15", title="SAMU", ring_time_s=30),
        PsapKind(name="CTA18", title="Pompiers", ring_time_s=20),
    ),
    departements=tuple(
        Departement(
            code=code, name=name, zone=zone, timezone="Europe/Paris", neighbours=neighbours
        )
        for code, name, zone, neighbours in (
            ("29", "Finistère", "ouest", ("56", "75")),
            ("56", "Morbihan", "ouest", ("29",)),
            ("75", "Paris", "idf", ()),
        )
    ),
    national_defaults={"15": "CRRA15-75", "18": "CTA18-75", "112": "CTA18-75"},
)


def make_commune(code, name, departement, population, parent=""):
    return Commune(
        code=code,
        name=name,
        departement=departement,
        population=population,
        lon_deg=None,
        lat_deg=None,
        parent=parent,
    )


COMMUNES = (
    make_commune("29019", "Brest", "29", 139_000),
    make_commune("29103", "Landerneau", "29", 16_000),
    make_commune("56260", "Vannes", "56", 54_000),
    make_commune("75056", "Paris", "75", 2_100_000),
    make_commune("75101", "Paris 1er Arrondissement", "75", 0, "75056"),
    make_commune("75102", "Paris 2e Arrondissement", "75", 0, "75056"),
    make_commune("75103", "Paris 3e Arrondissement", "75", 0, "75056"),
)
TERRITORY = Territory({commune.code: commune for commune in COMMUNES}, {"29001": "29019"})


def make_psap(name, primary, **changes):
    kind, departement = name.split("-")[:2]
    return Psap(
        **{
            "id": name,
            "name": f"{name} (fictif)",
            "kind": kind,
            "departement": departement,
            "primary": primary,
            "secondary": "",
            "alternative": "",
            "technology": Technology.IP,
            "carrier": "armor",
            "secondary_carrier": "",
            "building": f"house of {name}",
            "capacity_calls": 10,
            "contact": "desk@example.invalid",
            "row": 2,
        }
        | changes
    )


CRRA15_29, CTA18_29 = "+33261910015", "+33261910018"
CRRA15_56, CTA18_56 = "+33261915615", "+33261915618"
CRRA15_75, CTA18_75 = "+33199007515", "+33199007518"
PSAPS = {
    psap.id: psap
    for psap in (
        make_psap("CRRA15-29", CRRA15_29, secondary=CRRA15_56, alternative="+33261919915", row=2),
        make_psap("CRRA15-56", CRRA15_56, carrier="birch", row=3),
        make_psap("CRRA15-75", CRRA15_75, row=4),
        make_psap("CTA18-29", CTA18_29, secondary="+33261919018", row=5),
        make_psap("CTA18-56", CTA18_56, row=6),
        make_psap("CTA18-75", CTA18_75, row=7),
    )
}


def make_hop(address="127.0.4.1:5060", technology="ip", vendor="alder", zone=""):
    return Hop(
        address=address,
        transport="udp",
        technology=technology,
        vendor=vendor,
        capacity_calls=10,
        zone=zone,
    )


CARRIERS = {
    name: Carrier(id=name, name=name.title(), hops=(make_hop(),)) for name in ("armor", "birch")
}
OPERATORS = {
    "bruyere": Operator(
        id="bruyere", name="Bruyère", technologies=("mobile",), default_commune="75056"
    )
}


def make_file(departement, rows, *, name="", problems=(), sheets=("",)):
    """Make a file of rows (commune, short number, targets, hours, area); rows begin at 2."""
    communes, shorts, routes, cells = {}, {}, {}, []
    for number, (commune, short, targets, *condition) in enumerate(rows, start=2):
        hours, area = (*condition, None, None)[:2]
        route = PlanRoute((targets,) if isinstance(targets, str) else targets, hours, area)
        cells += [
            communes.setdefault(commune, len(communes)),
            shorts.setdefault(short, len(shorts)),
            routes.setdefault(route, len(routes)),
            0,
            number,
        ]
    return PlanFile(
        file=name or f"pdaau/PDAAU_{departement}.csv",
        sha256="0" * 64,
        departement=departement,
        sheets=sheets,
        communes=tuple(communes),
        short_numbers=tuple(shorts),
        routes=tuple(routes),
        cells=array("I", cells),
        problems=tuple(problems),
    )


def usual_rows(departement):
    """Rows that send each commune of a departement to its own two PSAPs."""
    targets = {
        "15": PSAPS[f"CRRA15-{departement}"].primary,
        "18": PSAPS[f"CTA18-{departement}"].primary,
        "112": PSAPS[f"CTA18-{departement}"].primary,
    }
    return [
        (commune.code, number, targets[number])
        for commune in COMMUNES
        if commune.departement == departement and not commune.parent
        for number in NUMBERS
    ]


def make_plan(**changes):
    """Make a plan without any error; `files` may be given by departement as lists of rows."""
    rows = {code: usual_rows(code) for code in ("29", "56", "75")} | changes.pop("rows", {})
    values = {
        "profile": PROFILE,
        "territory": TERRITORY,
        "psaps": PSAPS,
        "carriers": CARRIERS,
        "operators": OPERATORS,
        "orders": (),
        "files": tuple(make_file(code, listed) for code, listed in rows.items()),
    }
    return Plan(**(values | changes))


def change_psap(name, **changes):
    """Return the PSAPs with one of them changed."""
    return PSAPS | {name: replace(PSAPS[name], **changes)}


def make_subject(**changes):
    """Make what checks look at; changes as in `make_plan`."""
    plan = make_plan(**changes)
    return Subject(plan=plan, resolution=resolve_plan(plan), now=NOW, timezones=TIMEZONES)


def at(text):
    """Microseconds of an ISO time in UTC."""
    return UtcTime(int(dt.datetime.fromisoformat(text).timestamp()) * 1_000_000)


def messages(problems):
    """Return (severity, code, message) of problems."""
    return [(str(p.severity), p.code, p.message) for p in problems]
