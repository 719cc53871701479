from route112.watch.findings import Finding, FindingKind
from route112.watch.series import Series


def test_a_finding_says_what_and_how_soon_it_could():
    finding = Finding(
        kind=FindingKind.DROUGHT,
        series=Series((("number", "15"),)),
        since_us=1,
        at_us=2,
        expected=30.0,
        seen=0.0,
        strength=17.0,
        floor_s=20.0,
    )
    assert f"{finding.kind} of {finding.series}" == "drought of 15"
    assert finding.party == ""
