from tests.support.moving import ONE_VENDOR, TWO_WAYS, gateway, open_built
from tests.support.plans import make_hop

from route112.model import Carrier
from route112.planning.migration.report import Share, report_migration


def test_lines_count_by_technology_with_the_people_who_reach_them_first():
    report = report_migration(open_built(TWO_WAYS, CRRA15_29="rtc", CTA18_56="migration"))
    # CRRA15-29 has an alternative of its own; its secondary is the line of CRRA15-56.
    assert report.country.rtc == Share(lines=2, inhabitants=155_000)
    assert report.country.migration == Share(lines=1, inhabitants=54_000)
    assert report.country.ip == Share(lines=5, inhabitants=155_000 + 54_000 + 2_100_000)
    assert report.country.on_one_joint == Share(lines=0, inhabitants=0)
    assert [row.name for row in report.departements] == ["29", "56", "75"]
    assert [row.name for row in report.kinds] == ["CRRA15", "CTA18"]
    assert [row.name for row in report.carriers] == ["armor", "birch"]
    assert report.departements[0].rtc.lines == 2
    assert report.joints == ()


def test_lines_whose_gateways_are_of_one_vendor_hang_on_it():
    report = report_migration(
        open_built(ONE_VENDOR, CRRA15_29="rtc", CRRA15_56="rtc", CTA18_29="migration")
    )
    (joint,) = report.joints
    assert (joint.zone, joint.what, joint.name) == ("ouest", "vendor", "alder")
    assert joint.psaps == ("CRRA15-29", "CRRA15-56")
    assert (joint.lines, joint.inhabitants) == (3, 209_000)
    assert report.country.on_one_joint == Share(lines=3, inhabitants=209_000)


def test_lines_without_a_second_carrier_hang_on_the_first():
    carriers = {"armor": TWO_WAYS["armor"], "birch": ONE_VENDOR["birch"]}
    carriers["birch"] = Carrier(id="birch", name="", hops=carriers["birch"].hops[:1])
    report = report_migration(open_built(carriers, CTA18_29="rtc"))
    assert [(joint.what, joint.name) for joint in report.joints] == [
        ("carrier", "armor"),
        ("vendor", "alder"),
    ]


def test_what_hangs_on_one_joint_moves_first_and_of_that_the_most_people():
    # In the zone of Paris the two gateways have two vendors, in that of Brest one.
    carriers = {
        "armor": Carrier(
            id="armor",
            name="Armor",
            hops=(make_hop(), gateway("4.2", "alder"), gateway("4.3", "cedar", "idf")),
        ),
        "birch": ONE_VENDOR["birch"],
    }
    snapshot = open_built(
        carriers, CTA18_75="rtc", CTA18_29="rtc", CRRA15_56="rtc", CRRA15_29="migration"
    )
    steps = report_migration(snapshot).steps
    assert [(step.psap, step.joints) for step in steps] == [
        ("CTA18-29", ("vendor alder",)),
        ("CRRA15-56", ("vendor alder",)),
        ("CTA18-75", ()),
    ]
    assert [step.inhabitants for step in steps] == [155_000, 54_000, 2_100_000]
