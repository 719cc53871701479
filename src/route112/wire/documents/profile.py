"""`profile.yaml`: everything that the platform is told about a country."""

import re
from functools import lru_cache
from types import MappingProxyType
from typing import Callable, Iterable, TypeVar
from zoneinfo import available_timezones

from route112.model import Departement, NumberRule, Problem, Profile, PsapKind, ShortNumber
from route112.model.holidays import Holidays
from route112.wire.documents.fields import Fields
from route112.wire.documents.nodes import read_document
from route112.wire.problems import ProblemList

RING_TIME_S_MAX = 60
"""Longest that one line may ring: four in a row end before a site or an edge gives the call up."""
NATIONAL_LENGTH_MAX = 15
"""Longest national number."""
PATTERN_CHARS_MAX = 200
"""Longest pattern of a number rule."""
HOURS_OF_DAY = 24
ORDER_DAYS_MAX = 3_650
"""Most days that a profile may grant an order."""
CONFIRMED_DAYS_MAX = 3_660
"""Longest that a contact or a number is trusted without anybody asking: ten years."""
CODE = "[0-9A-Z]{1,8}"
PSAP_ID = r"[A-Z][A-Z0-9]{1,15}-[0-9A-Z]{1,8}(-[1-9][0-9]{0,2})?"
_SHORT = "[0-9]{2,6}"
_AMOUNT = r"[0-9]{1,9}(\.[0-9]{1,9})?"
_Item = TypeVar("_Item")


def parse_profile(content: bytes, *, file: str) -> tuple[Profile | None, tuple[Problem, ...]]:
    """Parse a country profile; None when a problem is an error."""
    problems = ProblemList(file)
    node = read_document(content, problems)
    if node is None:
        return None, problems.finish()
    top = Fields(node, "", problems)
    profile = _read_profile(top)
    top.finish()
    if not problems.has_errors:
        _check_profile(profile, top)
    return (None if problems.has_errors else profile), problems.finish()


def _read_profile(top: Fields) -> Profile:
    plan = top.get_fields("number_plan")
    country_code = national_prefix = international_prefix = ""
    national_length = 0
    rules: tuple[NumberRule, ...] = ()
    if plan:
        country_code = plan.get_match("country_code", "[1-9][0-9]{0,2}", shape="1 to 3 digits")
        national_prefix = plan.get_match(
            "national_prefix", "[0-9]{1,2}", shape="1 or 2 digits", required=False
        )
        international_prefix = _read_international_prefix(plan)
        national_length = plan.get_integer("national_length", least=4, most=NATIONAL_LENGTH_MAX)
        rules = _collect(plan.iterate("rules"), _read_rule)
        plan.finish()
    workday: tuple[float, ...] = ()
    weekend: tuple[float, ...] = ()
    if usual := top.get_fields("usual_day", required=False):
        workday, weekend = _read_hours(usual, "workday"), _read_hours(usual, "weekend")
        usual.finish()
    contact_days = alternative_days = 0
    if confirmed := top.get_fields("confirmed_within_days", required=False):
        contact_days = confirmed.get_integer("contact", least=1, most=CONFIRMED_DAYS_MAX)
        alternative_days = confirmed.get_integer("alternative", least=1, most=CONFIRMED_DAYS_MAX)
        confirmed.finish()
    return Profile(
        country=top.get_match("country", "[a-z]{2}", shape="two small letters"),
        edition=top.get_text("edition"),
        valid_from=top.get_time("valid_from"),
        valid_until=top.get_time("valid_until"),
        communes=top.get_text("communes"),
        country_code=country_code,
        national_prefix=national_prefix,
        international_prefix=international_prefix,
        national_length=national_length,
        number_plan=rules,
        short_numbers=_collect(top.iterate("short_numbers"), _read_short_number),
        default_number=top.get_match("default_number", _SHORT, shape="a short number"),
        kinds=_collect(top.iterate("kinds"), _read_kind),
        departements=_collect(top.iterate("departements"), _read_departement),
        national_defaults=MappingProxyType(top.get_map("national_defaults")),
        order_days_max=top.get_integer(
            "order_days_max", least=1, most=ORDER_DAYS_MAX, required=False
        ),
        holidays=_read_holidays(top),
        usual_workday=workday,
        usual_weekend=weekend,
        contact_days=contact_days,
        alternative_days=alternative_days,
    )


def _read_international_prefix(plan: Fields) -> str:
    return plan.get_match(
        "international_prefix", "[0-9]{1,4}", shape="1 to 4 digits", required=False
    )


def _read_holidays(top: Fields) -> tuple[str, ...]:
    entries = top.get_texts("holidays", required=False)
    for entry in entries:
        try:
            Holidays([entry])
        except ValueError:
            top.refuse(
                "holidays", "the entry is no day", "Write 05-01, 2027-06-14 or easter+39",
                value=entry,
            )  # fmt: skip
    return entries


def _read_hours(usual: Fields, name: str) -> tuple[float, ...]:
    """Read what each hour of a day brings; some calls come, also by night."""
    texts = usual.get_texts(name)
    numbers = [float(text) for text in texts if re.fullmatch(_AMOUNT, text)]
    if len(numbers) != HOURS_OF_DAY or len(texts) != HOURS_OF_DAY or min(numbers) <= 0:
        usual.refuse(name, "these are not 24 numbers above 0", "Write one for each hour")
    return tuple(numbers)


def _collect(items: Iterable[Fields], read: Callable[[Fields], _Item]) -> tuple[_Item, ...]:
    values = []
    for item in items:
        values.append(read(item))
        item.finish()
    return tuple(values)


def _read_rule(item: Fields) -> NumberRule:
    rule = NumberRule(
        name=item.get_text("name"), pattern=item.get_text("pattern"), e164=item.get_text("e164")
    )
    try:
        compiled = re.compile(rule.pattern)
        # A template is only checked when it is expanded, so a group is looked up here.
        groups = [int(group) for group in re.findall(r"\\(\d)", rule.e164)]
    except (re.error, RecursionError, OverflowError):
        item.refuse("pattern", "the pattern is not a regular expression", "Correct it")
        return rule
    if len(rule.pattern) > PATTERN_CHARS_MAX:
        item.refuse("pattern", f"the pattern is over {PATTERN_CHARS_MAX} characters", "Shorten it")
    if rule.e164 and not re.fullmatch(r"\+([0-9]|\\[1-9])+", rule.e164):
        item.refuse("e164", "the form is not +, digits and groups such as \\1", "Correct it")
    if groups and max(groups) > compiled.groups:
        item.refuse("e164", "the form names a group that the pattern does not have", "Correct it")
    return rule


def _read_short_number(item: Fields) -> ShortNumber:
    return ShortNumber(
        number=item.get_match("number", _SHORT, shape="2 to 6 digits"),
        urn=item.get_match(
            "urn", r"urn:service:[a-z0-9.-]{1,64}", shape="a URN such as urn:service:sos.fire"
        ),
        name=item.get_text("name"),
        kinds=item.get_texts("kinds"),
    )


def _read_kind(item: Fields) -> PsapKind:
    return PsapKind(
        name=item.get_match("name", "[A-Z][A-Z0-9]{1,15}", shape="2 to 16 capitals and digits"),
        title=item.get_text("title"),
        ring_time_s=item.get_integer("ring_time_s", least=1, most=RING_TIME_S_MAX),
    )


@lru_cache(maxsize=1)
def _list_time_zones() -> frozenset[str]:
    # Walks through the machine's time-zone files, so once must do.
    return frozenset(available_timezones())


def _read_departement(item: Fields) -> Departement:
    zone = item.get_text("timezone")
    if zone and zone not in _list_time_zones():
        item.refuse("timezone", "no time zone has this name", "Write Europe/Paris", value=zone)
    return Departement(
        code=item.get_match("code", CODE, shape="1 to 8 digits or capital letters"),
        name=item.get_text("name"),
        zone=item.get_text("zone"),
        timezone=zone,
        neighbours=item.get_texts("neighbours", required=False),
    )


def _check_profile(profile: Profile, top: Fields) -> None:
    """Check what the parts of a profile say about each other."""
    if profile.valid_until <= profile.valid_from:
        top.refuse("valid_until", "the profile ends before it begins", "Correct the dates")
    shorts = [short.number for short in profile.short_numbers]
    codes = [departement.code for departement in profile.departements]
    kinds = [kind.name for kind in profile.kinds]
    for name, values in (("short_numbers", shorts), ("departements", codes), ("kinds", kinds)):
        for value in sorted({value for value in values if values.count(value) > 1}):
            top.refuse(name, f"{value} is there twice", "Remove one of them", value=value)
    if profile.default_number not in shorts:
        top.refuse(
            "default_number", "the number is not one of short_numbers", "Correct it",
            value=profile.default_number,
        )  # fmt: skip
    _check_names(profile, top)
    _check_defaults(profile, shorts, top)


def _check_names(profile: Profile, top: Fields) -> None:
    """Check that kinds and neighbours exist where they are named."""
    codes = [departement.code for departement in profile.departements]
    kinds = [kind.name for kind in profile.kinds]
    for short in profile.short_numbers:
        for kind in short.kinds:
            if kind not in kinds:
                top.refuse(
                    "short_numbers", f"{short.number} names a kind that `kinds` does not have",
                    "Correct the kind, or add it", value=kind,
                )  # fmt: skip
    for departement in profile.departements:
        for neighbour in departement.neighbours:
            if neighbour not in codes or neighbour == departement.code:
                top.refuse(
                    "departements", f"{departement.code} has a neighbour that is no other one",
                    "Correct the neighbour", value=neighbour,
                )  # fmt: skip


def _check_defaults(profile: Profile, shorts: list[str], top: Fields) -> None:
    for number, psap in profile.national_defaults.items():
        if number not in shorts or not re.fullmatch(PSAP_ID, psap):
            top.refuse(
                "national_defaults", f"{number} is no short number, or {psap} no id of a PSAP",
                "Write `number: KIND-DEPARTEMENT`", value=psap,
            )  # fmt: skip
    for number in shorts:
        if number not in profile.national_defaults:
            top.refuse(
                "national_defaults", f"{number} has no national default",
                "Add the PSAP that answers when nothing else can be told", value=number,
            )  # fmt: skip
