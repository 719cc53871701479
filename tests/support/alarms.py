"""A country as alarms see it, its calls, and findings planted in it."""

from tests.support.plans import make_commune, make_hop, make_psap
from tests.support.seen import T0, S, see

from route112.countries.fr.sites import TOPOLOGY
from route112.watch.alarms.alarms import Alarms
from route112.watch.alarms.ground import (
    Ground,
    count_inhabitants,
    describe_departements,
    describe_psaps,
    describe_topology,
    describe_trunks,
)
from route112.watch.alarms.sightings import Sightings
from route112.watch.findings import Change, Finding, FindingKind
from route112.watch.series import Series
from route112.watch.values import SeenTry

NUMBERS = ("15", "17", "18", "112")
DEPARTEMENTS = ("22", "29", "35", "56", "75")
OPERATORS = ("bruyere", "cormoran", "dolmen", "ecume")
CARRIERS = ("armor", "beffroi", "cigale")
VENDORS = ("cedar", "elder")
SITES = tuple(site.id for site in TOPOLOGY.sites)


def hop_of(carrier, vendor):
    return f"127.0.{4 + CARRIERS.index(carrier)}.{1 + VENDORS.index(vendor)}:5060"


def make_ground():
    """Five departements, six sites, gateways of two vendors at each of three carriers."""
    psaps = [make_psap(f"CRRA15-{code}", "+33261910015") for code in DEPARTEMENTS]
    communes = [make_commune(f"{code}019", "", code, 1_000) for code in DEPARTEMENTS]
    trunks = [
        (
            f"{carrier}/rtc/ouest",
            [make_hop(hop_of(carrier, vendor), "rtc", vendor) for vendor in VENDORS],
        )
        for carrier in CARRIERS
    ]
    return Ground(
        attributes={
            **describe_topology(TOPOLOGY),
            **describe_trunks(trunks),
            **describe_psaps(psaps),
            **describe_departements(
                dict.fromkeys(DEPARTEMENTS[:-1], "ouest") | {"75": "paris"},
            ),
        },
        inhabitants=count_inhabitants(communes),
        numbers=NUMBERS,
    )


def make_alarms(**options):
    sightings = Sightings(number_of=str, departement_of=lambda commune: commune[:2])
    return Alarms(make_ground(), sightings, **options)


def series(**values):
    return Series(tuple(values.items()))


def find(at_s=0.0, *, kind=FindingKind.SUCCESS, since_s=None, strength=20.0, **values):
    """Return a finding about the series with these values, begun a minute before it is said."""
    party = values.pop("party", "")
    return Finding(
        kind=kind,
        series=series(**values),
        since_us=T0 + int((at_s - 60 if since_s is None else since_s) * S),
        at_us=T0 + int(at_s * S),
        expected=10.0,
        seen=0.0,
        strength=strength,
        floor_s=30.0,
        party=party,
    )


def begin(*findings):
    return Change(begun=findings)


def end(*findings):
    return Change(over=tuple((each.kind, each.series) for each in findings))


def play(alarms, *, lost=lambda _: "", stays_away=lambda _: "", at_s=0.0, rounds=3):
    """
    Place calls of every number, operator, technology, departement, site and gateway.

    `lost` names the party that loses a call; empty: it is answered. What `stays_away` does not
    come.
    """
    count = 0
    for _ in range(rounds):
        for departement in DEPARTEMENTS:
            for number in NUMBERS:
                for operator in OPERATORS:
                    for technology in ("mobile", "voip"):
                        call = _make_call(
                            count, lost, at_s=at_s, number=number, operator=operator,
                            technology=technology, commune=f"{departement}019",
                        )  # fmt: skip
                        if not stays_away(call):
                            alarms.sightings.add_end(call)
                        count += 1


def _make_call(count, lost, *, at_s, **values):
    # Steps that share no factor, so that nothing goes hand in hand with anything else.
    site = SITES[count * 7 % 11 % len(SITES)]
    hop = hop_of(CARRIERS[count * 5 % 7 % 3], VENDORS[count * 3 % 5 % 2])
    shape = {
        "call": f"{at_s}-{count}", "at_s": at_s, "site": site, "passed": (site,),
        "edge": f"{values['operator']}-edge-1", "caller": "", "outcome": "answered", **values,
    }  # fmt: skip
    psap = f"CRRA15-{values['commune'][:2]}"
    party = lost(see(**shape, tries=(_try(site, psap, hop, "answered"),)))
    tries = (_try(site, psap, hop, "failed" if party else "answered", party),)
    if party in ("site", "edge"):
        tries = ()
    outcome = "failed" if party else "answered"
    return see(**{**shape, "tries": tries, "outcome": outcome, "party": party})


def _try(site, psap, hop, outcome, party=""):
    return SeenTry(
        station=site, psap=psap, number="+33261910029", hop=hop, via="rtc", outcome=outcome,
        cause="reply" if party else "", party=party,
    )  # fmt: skip
