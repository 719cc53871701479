"""The demo's site is configured from its snapshot, and starts with the distribution's Python."""

from tests.support.snapshots import small_content

from route112.apps.demo import site as demo_site
from route112.apps.demo.psaps import Place
from route112.snapshot.writer import write_snapshot


def test_the_site_starts_with_the_distributions_interpreter(tmp_path, monkeypatch):
    started = {}

    class Recorder:
        """Stands in for Children; writes down what would be started."""

        def start(self, name, argv, **options):
            started.update(options, name=name, argv=argv)

        def wait_until(self, _condition, **options):
            started.update(options)

    monkeypatch.setattr(demo_site, "find_program", lambda name: f"/usr/sbin/{name}")
    monkeypatch.setattr(demo_site, "find_free_port", lambda _host, ports: ports[1])
    monkeypatch.setenv("PATH", "/somewhere/else")
    monkeypatch.setenv("PYTHONHOME", "/somewhere/else")
    monkeypatch.delenv("PYTHONPATH", raising=False)
    plan = tmp_path / "fr.r112"
    plan.write_bytes(write_snapshot(small_content()))
    place = demo_site.start_site(Recorder(), tmp_path, plan=plan)
    assert place == Place("127.0.1.1", 5061)
    assert started["env"]["PATH"] == "/usr/sbin:/usr/bin:/bin"
    assert not {"PYTHONHOME", "PYTHONPATH"} & set(started["env"])
    assert (tmp_path / "current").read_text(encoding="utf-8") == f"{plan}\n"
    assert started["env"]["ROUTE112_CURRENT"] == str(tmp_path / "current")
    assert "-x tlsf -X tlsf -m 512" in " ".join(started["argv"])
    config = (tmp_path / "site.cfg").read_text(encoding="utf-8")
    assert "listen=udp:127.0.1.1:5061\nlisten=tcp:127.0.1.1:5061\n" in config
    assert 'is_in_subnet("$var(address)", "127.0.2.0/28")' in config
    assert (tmp_path / "native.sqlite").stat().st_size > 0
    assert started["what"].startswith("Kamailio answers OPTIONS on 127.0.1.1:5061")
