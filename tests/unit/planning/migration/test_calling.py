from tests.support.moving import ONE_VENDOR, TWO_WAYS, open_built

from route112.model import LineTable, Technology
from route112.planning.migration import report_migration, with_calling
from route112.planning.migration.calling import CallingJoint, Hanging, Move, report_calling

RTC, IP = Technology.RTC, Technology.IP
LINES = LineTable(
    file="operators/ecume/lines.csv",
    lines={
        "9991": ("29019", RTC, "enterprise"),
        "9992": ("29019", RTC, "residential"),
        "9993": ("29103", RTC, "enterprise"),
        "9994": ("29103", IP, "enterprise"),
        "9995": ("56260", RTC, ""),
    },
    moves={"9991": "2027-03-15", "9993": "2027-01-15"},
)
TABLES = {"ecume": LINES, "azur": LineTable(file="", lines={"1": ("75056", IP, "residential")})}
SNAPSHOT = open_built(TWO_WAYS)


def show(rows):
    return [
        (row.operator, row.departement, row.commune, row.kind, row.rtc, row.ip, row.dated)
        for row in rows
    ]


def test_lines_count_by_operator_and_kind_with_the_days_on_which_they_move():
    calling = report_calling(TABLES, SNAPSHOT)
    assert show(calling.operators) == [
        ("azur", "", "", "residential", 0, 1, 0),
        ("ecume", "", "", "", 1, 0, 0),
        ("ecume", "", "", "enterprise", 2, 1, 2),
        ("ecume", "", "", "residential", 1, 0, 0),
    ]
    enterprises = calling.operators[2]
    assert (enterprises.first, enterprises.last) == ("2027-01-15", "2027-03-15")
    assert (calling.operators[1].first, calling.operators[1].last) == ("", "")
    assert calling.moves == (
        Move(day="2027-01-15", operator="ecume", kind="enterprise", lines=1),
        Move(day="2027-03-15", operator="ecume", kind="enterprise", lines=1),
    )


def test_they_count_by_departement_and_communes_where_nothing_is_left_are_not_listed():
    calling = report_calling(TABLES, SNAPSHOT)
    assert show(calling.departements) == [
        ("azur", "75", "", "residential", 0, 1, 0),
        ("ecume", "29", "", "enterprise", 2, 1, 2),
        ("ecume", "29", "", "residential", 1, 0, 0),
        ("ecume", "56", "", "", 1, 0, 0),
    ]
    assert show(calling.communes) == [
        ("ecume", "29", "29019", "enterprise", 1, 0, 1),
        ("ecume", "29", "29019", "residential", 1, 0, 0),
        ("ecume", "29", "29103", "enterprise", 1, 1, 1),
        ("ecume", "56", "56260", "", 1, 0, 0),
    ]


def test_a_line_on_rtc_that_rings_behind_a_joint_counts_there_and_one_by_ip_does_not():
    joints = [
        Hanging("ouest", "vendor", "alder", frozenset({"29103", "75056"})),
        Hanging("ouest", "carrier", "armor", frozenset({"29019", "29103"})),
        Hanging("idf", "vendor", "cedar", frozenset({"75056"})),
    ]
    calling = report_calling(TABLES, SNAPSHOT, joints)
    assert calling.joints == (
        CallingJoint(
            zone="ouest", what="carrier", name="armor", lines=3, enterprises=2, communes=2
        ),
        CallingJoint(
            zone="ouest", what="vendor", name="alder", lines=1, enterprises=1, communes=1
        ),
    )
    assert [row.on_one_joint for row in calling.operators] == [0, 0, 2, 1]


def test_the_joints_are_those_of_the_answering_points_that_a_commune_rings_first():
    snapshot = open_built(ONE_VENDOR, CRRA15_56="rtc")
    report = with_calling(report_migration(snapshot), snapshot, TABLES)
    assert [(joint.name, joint.lines) for joint in report.calling.joints] == [("alder", 1)]
    assert [row.operator for row in report.calling.departements if row.on_one_joint] == ["ecume"]
    assert report_migration(snapshot).calling is None
