"""What answers when nothing else does, and settings that everything rests on."""

from collections.abc import Iterator

from route112.model import Problem
from route112.planning.checks.subject import Subject, report_error, report_warning

PROFILE = "profile.yaml"


def check_national(subject: Subject) -> Iterator[Problem]:
    """Find short numbers without a national default that may answer them."""
    profile = subject.plan.profile
    for short in profile.short_numbers:
        name = profile.national_defaults.get(short.number, "")
        psap = subject.plan.psaps.get(name)
        if psap is not None and psap.kind in short.kinds:
            continue
        if not name:
            what = f"{short.number} has no national default"
        elif psap is None:
            what = f"the national default {name} of {short.number} is not in {subject.psaps_file}"
        else:
            what = f"the national default {name} of {short.number} is a {psap.kind}"
        yield report_error(
            "national-default",
            f"{what}; a call to it that nothing else can place would ring nowhere",
            f"Name a PSAP of kind {' or '.join(short.kinds)} in national_defaults",
            file=PROFILE,
            column=f"national_defaults.{short.number}",
            value=name,
        )
    if profile.find_short_number(profile.default_number) is None:
        yield report_error(
            "default-number",
            f"the default number {profile.default_number} is not among the short numbers",
            "Name one of the short numbers in default_number",
            file=PROFILE,
            column="default_number",
            value=profile.default_number,
        )


def check_validity(subject: Subject) -> Iterator[Problem]:
    """Tell when the edition has ended already: every call would be routed as degraded."""
    if subject.now >= subject.plan.profile.valid_until:
        yield report_warning(
            "validity-over",
            "the edition's period of validity is over; sites route by it and mark each call "
            "degraded",
            "Set valid_until of the edition in force, or build that edition",
            file=PROFILE,
            column="valid_until",
        )


def check_timezones(subject: Subject) -> Iterator[Problem]:
    """Find departements whose time zone does not exist, and communes without a departement."""
    known = {departement.code for departement in subject.plan.profile.departements}
    for departement in subject.plan.profile.departements:
        if departement.timezone not in subject.timezones:
            yield report_error(
                "timezone-unknown",
                f"the time zone {departement.timezone!r} of departement {departement.code} does "
                "not exist",
                "Write an IANA name such as Europe/Paris",
                file=PROFILE,
                column="departements",
                value=departement.timezone,
            )
    used = {commune.departement for commune in subject.resolution.communes}
    for code in sorted(used - known):
        holes = [
            index
            for index, commune in enumerate(subject.resolution.communes)
            if commune.departement == code
        ]
        yield report_error(
            "departement-unknown",
            f"profile.yaml lacks departement {code!r}, where communes lie: {subject.count(holes)}",
            "Add it to departements",
            file=PROFILE,
            column="departements",
            value=code,
        )
