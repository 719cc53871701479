"""Small plans whose lines are behind gateways, by IP, or on the move."""

from tests.support.plans import PSAPS, TIMEZONES, change_psap, make_hop, make_plan

from route112.model import Carrier, Technology
from route112.planning import resolve_plan
from route112.planning.candidate import Lineage, make_candidate
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot


def gateway(host, vendor, zone=""):
    return make_hop(f"127.0.{host}:5060", "rtc", vendor, zone)


def make_carriers(*gateways):
    return {
        "armor": Carrier(id="armor", name="Armor", hops=(make_hop(), gateways[0])),
        "birch": Carrier(
            id="birch", name="Birch", hops=(make_hop("127.0.5.9:5060"), *gateways[1:])
        ),
    }


ONE_VENDOR = make_carriers(gateway("4.2", "alder"), gateway("5.2", "alder"))
TWO_WAYS = make_carriers(gateway("4.2", "alder"), gateway("5.2", "cedar"))


def open_built(carriers, **technologies):
    psaps = PSAPS
    for name, technology in technologies.items():
        psaps = psaps | {
            (id_ := name.replace("_", "-")): change_psap(id_, technology=Technology(technology))[
                id_
            ]
        }
    plan = make_plan(psaps=psaps, carriers=carriers)
    content = make_candidate(plan, resolve_plan(plan), timezones=TIMEZONES, lineage=Lineage())
    return Snapshot(write_snapshot(content))
