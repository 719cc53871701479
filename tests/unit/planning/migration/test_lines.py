from tests.support.moving import TWO_WAYS, open_built
from tests.support.plans import PSAPS

from route112.planning.migration.lines import list_lines


def test_a_line_is_of_its_own_carrier_though_its_second_gateway_is_another_s():
    snapshot = open_built(TWO_WAYS, CRRA15_29="rtc")
    (line,) = (line for line in list_lines(snapshot) if line.number == PSAPS["CRRA15-29"].primary)
    assert snapshot.trunk(snapshot.line(snapshot.find_line(line.number)).trunk).name == (
        "armor+birch/rtc/ouest"
    )
    assert (line.carrier, line.technology, line.joints) == ("armor", "rtc", ())
