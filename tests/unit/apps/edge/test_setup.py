import re
from dataclasses import replace
from pathlib import Path

import pytest

from route112.apps.edge.setup import (
    CLIENTS_MAX,
    SITES_MAX,
    TEMPLATE,
    EdgeConfigError,
    EdgeSetup,
    Hop,
    TlsFiles,
    list_edge_arguments,
    render_edge,
    render_edge_tls,
)
from route112.model import Wiring

SETUP = EdgeSetup(
    name="bruyere-edge-1",
    operator="bruyere",
    run_dir=Path("/run/edge"),
    listens=(
        Hop("127.0.2.1:5060"),
        Hop("127.0.2.1:5060", "tcp"),
        Hop("[::1]:5060"),
    ),
    clients=("127.0.3.0/28", "::1/128"),
    sites=(("site-1", Hop("127.0.1.1:5060")), ("site-4", Hop("[::1]:5062", "tcp"))),
    in_turn=True,
    workers=2,
    shm_mb=64,
    pkg_mb=16,
)
TLS = TlsFiles(Path("/run/e.crt"), Path("/run/e.key"), Path("/run/ca.crt"))


def test_the_template_is_filled_in():
    text = render_edge(SETUP, record_key="abc")
    lines = text.splitlines()
    assert '#!define SITES "site-1|127.0.1.1:5060|udp;site-4|[::1]:5062|tcp"' in lines
    assert "#!define SITES_COUNT 2" in lines
    assert "#!define SPREAD 1" in lines
    assert '#!define CLIENTS "127.0.3.0/28,::1/128"' in lines
    assert [line for line in lines if line.startswith("listen=")] == [
        "listen=udp:127.0.2.1:5060",
        "listen=tcp:127.0.2.1:5060",
        "listen=udp:[::1]:5060",
    ]
    assert {"tcp_source_ipv4=127.0.2.1", "tcp_source_ipv6=[::1]"} <= set(lines)
    assert 'modparam("htable", "db_url", "sqlite:////run/edge/edge.sqlite")' in lines
    assert "k=abc t=" in text
    assert "op=bruyere" in text
    assert not re.search(r"@\{[a-z_]+\}", text)
    assert "#!define SPREAD 0" in render_edge(replace(SETUP, in_turn=False), record_key="")


def test_it_knows_its_own_sockets_for_datagrams():
    text = render_edge(SETUP, record_key="")
    assert 'send_data("sip:127.0.2.1:5060", "SIP/2.0 $var(code) Gone' in text
    assert '#!define OWN "127.0.2.1:5060;[::1]:5060"\n#!define OWN_COUNT 2\n' in text
    with pytest.raises(EdgeConfigError, match="listens by UDP"):
        render_edge(replace(SETUP, listens=SETUP.listens[1:2]), record_key="")


def test_connections_take_a_part_of_its_memory():
    assert "\ntcp_max_connections=159\n" in render_edge(SETUP, record_key="")
    larger = render_edge(replace(SETUP, shm_mb=512), record_key="")
    assert "\ntcp_max_connections=1278\n" in larger


def test_an_edge_has_no_python():
    text = TEMPLATE.read_text(encoding="utf-8")
    assert "app_python" not in text
    assert "python_exec" not in text


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Edge 1"},
        {"operator": 'x"'},
        {"run_dir": Path('/run/"edge')},
        {"clients": ()},
        {"clients": ("127.0.3.1/28",)},
        {"clients": ("everybody",)},
        {"clients": ("127.0.3.0/28",) * (CLIENTS_MAX + 1)},
        {"sites": ()},
        {"sites": SETUP.sites + SETUP.sites[:1]},
        {"sites": (("site|1", Hop("127.0.1.1:5060")),)},
        {"sites": (("site-1", Hop("site.example:5060")),)},
        {"sites": (("site-1", Hop("127.0.1.1:5060", "sctp")),)},
        {"sites": tuple((f"s{n}", Hop(f"127.0.1.{n}:5060")) for n in range(SITES_MAX + 1))},
        {"listens": (Hop("127.0.2.1"),)},
    ],
)
def test_what_cannot_stand_in_a_configuration_is_refused(changes):
    with pytest.raises(EdgeConfigError):
        render_edge(replace(SETUP, **changes), record_key="")


def test_a_template_that_asks_for_more_is_refused(tmp_path):
    template = tmp_path / "edge.cfg"
    template.write_text("@{bootstrap} @{edge}")
    with pytest.raises(EdgeConfigError, match="asks for bootstrap"):
        render_edge(replace(SETUP, template=template), record_key="")


def test_files_stand_in_the_run_directory():
    files = (SETUP.config, SETUP.tls_config, SETUP.rpc_socket, SETUP.table_file)
    assert [path.name for path in files] == ["edge.cfg", "tls.cfg", "rpc.sock", "edge.sqlite"]
    assert {path.parent for path in files} == {SETUP.run_dir}


def test_arguments_say_how_much_memory_and_whether_there_is_tls():
    arguments = list_edge_arguments(SETUP, "/usr/sbin/kamailio")
    assert arguments[:3] == ["/usr/sbin/kamailio", "-f", "/run/edge/edge.cfg"]
    assert " ".join(arguments).endswith("-x tlsf -X tlsf -m 64 -M 16 -A WITH_TCP")
    secured = list_edge_arguments(replace(SETUP, tls=TLS), "kamailio")
    assert secured[-4:] == ["-A", "WITH_TCP", "-A", "WITH_TLS"]


def test_an_edge_without_connections_has_nothing_that_bounds_them():
    bare = replace(SETUP, listens=SETUP.listens[:1])
    assert "-A" not in list_edge_arguments(bare, "kamailio")
    only_tls = replace(SETUP, listens=(SETUP.listens[0], Hop("127.0.2.1:5061", "tls")))
    assert list_edge_arguments(only_tls, "kamailio")[-2:] == ["-A", "WITH_TCP"]


def test_an_exercise_may_leave_out_what_saves_calls():
    assert "#!define PASSES_MAX 3" in render_edge(SETUP, record_key="")
    bare = replace(SETUP, wiring=Wiring(name="as-2021", tries_max=1, breakers=False, direct=False))
    assert "#!define PASSES_MAX 1" in render_edge(bare, record_key="")
    assert list_edge_arguments(bare, "kamailio")[-4:] == [
        "-A", "WITHOUT_BREAKERS", "-A", "WITHOUT_DIRECT",
    ]  # fmt: skip
    assert "WITHOUT_BREAKERS" not in list_edge_arguments(SETUP, "kamailio")


def test_both_sides_of_tls_show_a_certificate():
    text = render_edge_tls(TLS)
    for side in ("[server:default]", "[client:default]"):
        assert side in text
    assert text.count("require_certificate = yes") == 2
    assert text.count("ca_list = /run/ca.crt") == 2
    assert text.endswith("\n")


def test_probe_sources_may_send_and_are_known_apart():
    setup = replace(SETUP, probes=("127.0.14.0/28",))
    lines = render_edge(setup, record_key="").splitlines()
    assert '#!define CLIENTS "127.0.3.0/28,::1/128,127.0.14.0/28"' in lines
    assert '#!define PROBES "127.0.14.0/28"' in lines
    assert "WITH_PROBES" in list_edge_arguments(setup, "kamailio")
    assert "WITH_PROBES" not in list_edge_arguments(SETUP, "kamailio")
    with pytest.raises(EdgeConfigError):
        render_edge(replace(SETUP, probes=("127.0.14.1/28",)), record_key="")
    with pytest.raises(EdgeConfigError):
        render_edge(replace(SETUP, probes=("127.0.14.1/32",) * (CLIENTS_MAX + 1)), record_key="")
