from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.certificates import write_certificates

from route112.apps.duty.draining import Drain, drain
from route112.apps.site.setup import (
    KAMAILIO_FOLDER,
    Setup,
    list_arguments,
    make_environment,
    render_config,
    render_tls,
)
from route112.apps.station.listen import parse_listen
from route112.apps.station.setup import TemplateError, Tls
from route112.model import UtcTime


def make_setup(tmp_path, *listens, template=None, **changes):
    path = tmp_path / "template.cfg"
    if template is not None:
        path.write_text(template, encoding="utf-8")
    places = [place for text in listens or ("127.0.0.1",) for place in parse_listen(text)]
    setup = Setup(
        name="site-3",
        plan=Path("fr.r112"),
        trust=None,
        run_dir=tmp_path,
        listens=tuple(places),
        tls=None,
        workers=2,
        shm_mb=512,
        pkg_mb=16,
        template=path,
    )
    return replace(setup, **changes)


def test_every_name_of_the_template_is_filled_in(tmp_path):
    names = ("site", "workers", "record_key", "rpc_socket", "native_url", "tls_config")
    template = "@{listen}\n@{source}\n" + " ".join(f"@{{{name}}}" for name in names)
    template += "\n@{sockets}"
    setup = make_setup(tmp_path, "udp:127.0.1.1", "tcp:[::1]:5070", template=template)
    assert render_config(setup, record_key="abc").splitlines() == [
        "listen=udp:127.0.1.1:5060",
        "listen=tcp:[::1]:5070",
        "tcp_source_ipv4=127.0.1.1",
        "tcp_source_ipv6=[::1]",
        f"site-3 2 abc {tmp_path}/rpc.sock sqlite:///{tmp_path}/native.sqlite {tmp_path}/tls.cfg",
        "127.0.1.1:5060",
    ]


def test_a_site_without_a_record_key_is_rendered_too(tmp_path):
    setup = make_setup(tmp_path, template='"@{record_key}"@{bootstrap}')
    assert render_config(setup, record_key="").startswith('""/')


def test_a_template_may_not_ask_for_what_there_is_not(tmp_path):
    setup = make_setup(tmp_path, template="@{zeal} @{host}")
    with pytest.raises(TemplateError, match=r"template\.cfg asks for host, zeal"):
        render_config(setup, record_key="")


@pytest.mark.parametrize("text", ['a"b', "a\nb", "a$b", "a\\b", "a;b", "a#b", "x" * 401])
def test_a_text_that_would_leave_its_quotes_is_refused(tmp_path, text):
    setup = make_setup(tmp_path, template="@{site}", name=text)
    with pytest.raises(TemplateError, match="cannot stand in a configuration"):
        render_config(setup, record_key="")


def test_arguments_say_which_transports_there_are(tmp_path):
    plain = list_arguments(make_setup(tmp_path, "udp:127.0.0.1"), "kamailio")
    assert plain[:7] == ["kamailio", "-f", f"{tmp_path}/site.cfg", "-x", "tlsf", "-X", "tlsf"]
    assert "-A" not in plain
    tcp = list_arguments(make_setup(tmp_path), "kamailio")
    assert tcp[-2:] == ["-A", "WITH_TCP"]
    tls = list_arguments(make_setup(tmp_path, "tls:127.0.0.1"), "kamailio")
    assert tls[-4:] == ["-A", "WITH_TCP", "-A", "WITH_TLS"]


def test_a_drained_site_is_told_so_at_its_start_and_is_no_other_program_for_it(tmp_path):
    setup = make_setup(tmp_path, "udp:127.0.0.1")
    before = setup.list_arguments("kamailio")
    assert setup.list_start_arguments() == ()
    drain(tmp_path, Drain(since_us=UtcTime(7), author="anna", reason="works"))
    assert setup.list_start_arguments() == ("-A", "WITH_DRAINED")
    assert setup.list_arguments("kamailio") == before
    assert "#!ifdef WITH_DRAINED\n" in (KAMAILIO_FOLDER / "site.cfg").read_text(encoding="utf-8")


def test_kamailio_gets_an_environment_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", "src")
    found = make_environment(make_setup(tmp_path), current=Path("/run/current"), record_key="k")
    assert found["ROUTE112_CURRENT"] == "/run/current"
    assert found["ROUTE112_RECORD_KEY"] == "k"
    assert found["PYTHONPATH"] == f"{tmp_path}/src"
    assert found["ROUTE112_SOCKETS"] == "127.0.0.1:5060"
    assert found["PATH"] == "/usr/sbin:/usr/bin:/bin"
    assert "HOME" not in found
    monkeypatch.delenv("PYTHONPATH")
    again = make_environment(make_setup(tmp_path), current=Path("/run/current"), record_key="k")
    assert "PYTHONPATH" not in again


def test_tls_wants_a_certificate_from_everybody(tmp_path):
    files = write_certificates(tmp_path, "127.0.0.1")
    tls = Tls(files.certificate, files.key, files.authority)
    text = render_tls(tls)
    assert text.count("require_certificate = yes") == 2
    assert text.count(f"private_key = {files.key}") == 2


def test_the_files_of_a_site_are_its_configuration_and_that_of_tls(tmp_path):
    setup = make_setup(tmp_path, template="@{site} @{record_key}")
    assert setup.render_files(record_key="k") == {tmp_path / "site.cfg": "site-3 k"}
    files = write_certificates(tmp_path, "127.0.0.1")
    tls = Tls(files.certificate, files.key, files.authority)
    rendered = replace(setup, tls=tls).render_files(record_key="k")
    assert rendered[tmp_path / "tls.cfg"] == render_tls(tls)
    assert setup.list_arguments("kamailio") == list_arguments(setup, "kamailio")
    assert setup.unwell[0] == "native-only"


def test_its_python_knows_who_vouches_for_test_calls_and_which_numbers_loop_back(tmp_path):
    loops = (("127.0.5.1:5060", "+33199000112"), ("[::1]:5064", "+33199000113"))
    setup = make_setup(tmp_path, vouchers=("127.0.2.1", "::1"), loops=loops)
    found = make_environment(setup, current=Path("/run/current"), record_key="k")
    assert found["ROUTE112_PROBES"] == "127.0.2.1 ::1"
    assert found["ROUTE112_LOOPS"] == "127.0.5.1:5060=+33199000112 [::1]:5064=+33199000113"
    nobody = make_environment(make_setup(tmp_path), current=Path("/run/current"), record_key="k")
    assert "ROUTE112_PROBES" not in nobody
