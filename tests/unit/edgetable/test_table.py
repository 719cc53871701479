from dataclasses import replace

from tests.support.snapshots import COMMUNES, NOW, SHORT_NUMBERS, VALID_FROM, small_content

from route112.edgetable import translate
from route112.model import ShortNumber, UtcTime
from route112.snapshot.content import VariantRow
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

POLICE, FIRE = 1, 2
BREST_POLICE = "+33261910020|127.0.4.1:5060|udp|2000|30000|CIC17-29"
EVENING = UtcTime(NOW + 8 * 3_600_000_000)


def table(now=NOW, operator="bruyere", **changes):
    snapshot = Snapshot(write_snapshot(small_content(**changes)))
    return translate(snapshot, operator=operator, now=now)


def attempts(found, key, number):
    return found.rows[f"r:{found.rows[key].split('.')[number]}"].split(";")


def numbers(found, key, number):
    return list(dict.fromkeys(one.split("|")[0] for one in attempts(found, key, number)))


def test_every_list_has_every_number_and_every_ladder_an_attempt():
    rows = table().rows
    lists = {key: text for key, text in rows.items() if key[:2] in ("c:", "p:") or key in "d*"}
    assert {f"c:{commune.code}" for commune in COMMUNES} < lists.keys()
    assert {"c:29165", "c:75001", "d", "*", "p:29", "p:75"} < lists.keys()
    ladders = {f"r:{index}" for text in lists.values() for index in text.split(".")}
    assert ladders == {key for key in rows if key.startswith("r:")}
    assert all(rows[key] for key in ladders)
    assert {text.count(".") for text in lists.values()} == {len(SHORT_NUMBERS) - 1}


def test_an_attempt_is_a_number_at_a_hop_with_its_times():
    found = table(orders=())
    assert attempts(found, "c:29019", POLICE) == [
        BREST_POLICE,
        "+33261910020|127.0.4.2:5060|udp|2000|30000|CIC17-29",
        "+33261910029|127.0.4.1:5060|udp|2000|30000|CIC17-29",
        "+33261910029|127.0.4.2:5060|udp|2000|30000|CIC17-29",
        "+33199000020|[::1]:5064|udp|2000|30000|CIC17-75",
    ]
    assert attempts(found, "c:29019", FIRE)[0] == "+33261910030|127.0.5.1:5060|rtc".replace(
        "rtc", "udp|6000|30000|CTA18-29"
    )


def test_a_fourth_target_stands_behind_three_of_one_psap():
    def ring(*lines, orders=()):
        routes = list(small_content().routes)
        routes[0] = (VariantRow(lines=lines, rules=("primary",) * len(lines)),)
        found = numbers(table(orders=orders, routes=tuple(routes)), "c:29019", POLICE)
        return [lines_of.index(number) for number in found]

    lines_of = [row.number for row in small_content().lines]
    assert ring(2, 12, 8) == [2, 12, 8, 1]
    assert ring(2, 12, 0) == [2, 12, 0]
    assert ring(2, 12) == [2, 12, 1]
    named = next(order for order in small_content().orders if order.to_number)
    named = replace(named, psap="CRRA15-29", short_number="")
    assert ring(2, 12, orders=(named,)) == [13, 2, 12, 1]
    assert ring(2, 0, orders=(named,)) == [13, 2, 0]


def test_a_number_that_only_an_order_names_belongs_to_no_psap():
    named = "+33465710001|127.0.4.1:5060|udp|2000|20000|"
    assert attempts(table(), "c:75056", 0)[0] == named


def test_equal_answers_are_written_once():
    made = table()
    rows = made.rows
    assert rows["c:29019"] == rows["c:29103"] == rows["c:29165"]
    assert rows["c:75056"] == rows["c:75101"] == rows["c:75001"] == rows["d"]
    ladders = {key for key in rows if key.startswith("r:")}
    assert made.rungs.keys() == ladders
    assert len(set(made.rungs.values())) == len(ladders), "told apart by number and lines"


def test_a_code_of_today_counts_before_the_same_of_former_days():
    found = table(merged=(("29019", 3), ("29165", 1)), orders=())
    assert numbers(found, "c:29019", POLICE)[0] == "+33261910020"


def test_a_key_without_a_route_goes_by_its_departement_nearest_last():
    found = table(orders=())
    assert numbers(found, "c:29155", POLICE) == ["+33261910020", "+33199000020"]
    assert found.rows["c:29155"].split(".")[POLICE] == found.rows["p:29"].split(".")[POLICE]
    assert (found.rows["pmax"], numbers(found, "*", POLICE)) == ("2", ["+33199000020"])


def test_only_an_operator_with_a_default_in_the_plan_has_one():
    elsewhere = tuple(replace(row, default_commune="99999") for row in small_content().operators)
    former = tuple(replace(row, default_commune="29165") for row in small_content().operators)
    assert "d" in table().rows
    assert "d" not in table(operator="genet").rows
    assert "d" not in table(operators=elsewhere).rows
    assert table(operators=former).rows["d"] == table().rows["c:29103"]


def test_an_operator_that_the_snapshot_has_forgotten_keeps_the_plan():
    known, unknown = table().rows, table(operator="nobody").rows
    assert "x:0" in known
    own = ("x:", "y:", "k:", "l", "d", "tech")
    assert unknown == {key: text for key, text in known.items() if not key.startswith(own)}


def test_numbers_are_found_by_digits_and_by_service():
    rows = table().rows
    assert (rows["n:15"], rows["n:urn:service:sos.fire"], rows["n:*"]) == ("0", "2", "3")


def test_the_first_of_two_numbers_answers_their_service_and_digits_win():
    twin = ShortNumber(number="urn:service:sos.fire", urn="URN:service:SOS", name="", kinds=())
    rows = table(short_numbers=(*SHORT_NUMBERS[:3], replace(twin, urn=""))).rows
    assert (rows["n:urn:service:sos.fire"], "n:" in rows) == ("3", False)
    shorts = (SHORT_NUMBERS[0], replace(SHORT_NUMBERS[1], urn=SHORT_NUMBERS[0].urn.upper()))
    rows = table(short_numbers=(*shorts, *SHORT_NUMBERS[2:])).rows
    assert rows["n:urn:service:sos.ambulance"] == "0"


def test_hours_and_orders_of_the_instant_are_worked_in():
    assert numbers(table(), "c:29019", 0)[0] == "+33261910010"
    assert numbers(table(EVENING), "c:29019", 0)[0] == "+33261910030"
    assert numbers(table(), "c:29019", FIRE)[0] == "+33199000030"
    assert numbers(table(orders=()), "c:29019", FIRE)[0] == "+33261910030"


def test_a_caller_whose_place_is_unknown_goes_by_the_variant_for_everybody_else():
    def ring(*variants):
        routes = list(small_content().routes)
        routes[0] = tuple(
            VariantRow(lines=(line,), rules=("primary",), **how) for line, how in variants
        )
        return numbers(table(orders=(), routes=tuple(routes)), "c:29019", POLICE)

    evening, part, other = {"hours": 0}, {"area": 0}, {"area": 1}
    numbers_of = [row.number for row in small_content().lines]
    assert ring((2, part), (3, {}), (4, {}))[0] == numbers_of[3]
    assert ring((2, part), (3, other))[:2] == [numbers_of[2], numbers_of[3]]
    assert ring((2, evening), (3, part))[0] == numbers_of[3]
    assert ring((2, evening | part), (3, evening), (4, evening))[:2] == numbers_of[3:5]
    assert ring((2, evening | part), (3, evening | other))[:2] == numbers_of[2:4]


def test_it_says_until_when_it_stands():
    late = UtcTime(VALID_FROM - 10**15)
    assert table(late, hours=(), routes=plain()).until == VALID_FROM
    assert table(hours=(), routes=plain(), orders=()).until is None
    assert table(orders=()).until == NOW + 7 * 3_600_000_000
    assert table(EVENING).until == NOW + 11 * 3_600_000_000


def plain():
    return tuple((VariantRow(lines=(index,), rules=("primary",)),) for index in range(6))


def test_it_says_of_what_it_is():
    found = table()
    assert (found.generation, found.built) == (42, NOW)


def test_equal_snapshots_make_equal_rows_in_equal_order():
    assert list(table().rows.items()) == list(table().rows.items())
