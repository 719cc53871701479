import datetime as dt

import pytest
from tests.support.certificates import ENDS, write_certificates

from route112.apps.certificates.ends import (
    CERTIFICATE_WARN_US,
    DAY_US,
    End,
    Spans,
    TlsFiles,
    read_ends,
    render_ends,
)

ENDS_US = int(ENDS.timestamp()) * 1_000_000
END = End(owner="site-1", what="certificate CN=site-1", ends_us=ENDS_US)


def test_what_a_planner_leaves_is_read_back(tmp_path):
    path = tmp_path / "ends"
    path.write_bytes(render_ends([END]))
    assert read_ends(path) == (END,)


@pytest.mark.parametrize("content", [b"", b"{}", b'[{"owner": "x"}]', b"\xff"])
def test_what_is_no_list_is_said(tmp_path, content):
    path = tmp_path / "ends"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r".+"):
        read_ends(path)


@pytest.mark.parametrize(
    ("left_us", "said"),
    [
        (CERTIFICATE_WARN_US + 1, "ends 2040-01-01"),
        (CERTIFICATE_WARN_US, "ends 2040-01-01, in 30 days: renew it"),
        (DAY_US - 1, "ends 2040-01-01, in 0 days: renew it"),
        (0, "ended 2040-01-01: renew it"),
    ],
)
def test_the_day_is_said_and_how_far_it_is_where_somebody_has_to_act(left_us, said):
    assert END.say(ENDS_US - left_us) == said


def test_a_chain_ends_with_its_first_and_authorities_with_their_last(tmp_path):
    early = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
    files = write_certificates(tmp_path, "127.0.0.1", ends=early)
    both = files.certificate.read_bytes() + files.authority.read_bytes()
    files.certificate.write_bytes(both)
    files.authority.write_bytes(both)
    found = TlsFiles(files.certificate, files.key, files.authority).list_ends("planner")
    assert found == (
        End(owner="planner", what="certificate site.pem", ends_us=int(early.timestamp()) * 10**6),
        End(owner="planner", what="authority ca.pem", ends_us=ENDS_US),
    )


@pytest.mark.parametrize(
    ("chain", "authorities", "holds"),
    [
        (((1, 3),), ((1, 3),), True),
        (((2, 3), (1, 4)), ((0, 1), (2, 3)), True),
        (((3, 4),), ((1, 3),), False),
        (((1, 2),), ((1, 3),), False),
        (((1, 3), (1, 2)), ((1, 3),), False),
        (((1, 3),), ((1, 2), (3, 4)), False),
    ],
)
def test_a_chain_holds_as_a_whole_and_one_authority_is_enough(chain, authorities, holds):
    assert Spans(chain, authorities).hold(2) is holds
