from tests.support.alarms import hop_of, make_ground, series
from tests.support.plans import make_hop

from route112.watch.alarms.ground import describe_trunks, name_part


def test_a_series_is_its_parts_and_what_they_hang_on():
    listed = list(make_ground().list_attributes(series(edge="bruyere-edge-1", site="site-1")))
    assert listed[:3] == [
        ("edge", "bruyere-edge-1"),
        ("site", "site-1"),
        ("edge x site", "bruyere-edge-1 -> site-1"),
    ]
    assert ("operator", "bruyere") in listed
    assert ("software", "1.0") in listed
    assert ("place", "Rennes") in listed
    assert ("place", "Brest") in listed


def test_an_attribute_is_found_by_its_name():
    ground = make_ground()
    assert ground.get(("trunk", hop_of("armor", "elder")), "vendor") == "elder"
    assert ground.get(("psap", "CRRA15-29"), "departement") == "29"
    assert ground.get(("psap", "nobody"), "departement") == ""


def test_inhabitants_are_counted_by_departement():
    assert make_ground().inhabitants["29"] == 1_000


def test_a_trunk_of_two_carriers_does_not_say_whose_its_hops_are():
    hop = make_hop("127.0.4.1:5060", "rtc", "cedar", zone="ouest")
    assert describe_trunks([("armor+birch/rtc/ouest", [hop])]) == {
        ("trunk", "127.0.4.1:5060"): (("vendor", "cedar"), ("line", "rtc"), ("zone", "ouest"))
    }
    both = describe_trunks([("armor/rtc/ouest", [hop]), ("armor+birch/rtc/ouest", [hop])])
    assert ("carrier", "armor") in both["trunk", "127.0.4.1:5060"]


def test_parts_are_named_as_in_a_series():
    pairs = (("edge", "e"), ("site", "site-1"))
    assert name_part(pairs[:1]) == ("edge", "e")
    assert name_part(pairs) == ("edge x site", "e -> site-1")
