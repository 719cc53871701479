"""The site's configuration is filled in from the snapshot, and nothing can break out of a text."""

from pathlib import Path

import pytest
from tests.support.snapshots import small_content

from route112.apps.demo import site as demo_site
from route112.apps.demo.psaps import KAMAILIO_FOLDER, Place
from route112.apps.demo.site import list_native_attempts, render_site
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

PLACE = Place("127.0.1.1", 5062)
ATTEMPT = "+33199000020|127.0.4.1:5060|udp|2000|30000|CIC17-75"
BOOTSTRAP = Path("/srv/route112/kamailio/bootstrap.py")


def render(template, *, site="site-1", native=None, bootstrap=BOOTSTRAP):
    return render_site(
        template, PLACE, site=site, bootstrap=bootstrap, native=native or {"17": (ATTEMPT,)}
    )


def test_names_are_filled_in_and_kamailio_keeps_its_own_signs():
    text = render('listen=udp:@{host}:@{port}\n"@" + $rU [@{site}]\n@{native_rows}\n')
    assert text == (
        f'listen=udp:127.0.1.1:5062\n"@" + $rU [site-1]\n\t$sht(native=>17/0) = "{ATTEMPT}";\n'
    )


def test_an_unknown_name_is_a_mistake_in_the_template():
    with pytest.raises(KeyError, match="hots"):
        render("@{hots}")


def test_the_template_of_the_tree_leaves_nothing_open():
    text = render((KAMAILIO_FOLDER / "site.cfg").read_text(encoding="utf-8"))
    assert "@{}" in text
    assert "@{" not in text.replace("@{}", "")
    assert 'modparam("app_python3", "load", "/srv/route112/kamailio/bootstrap.py")' in text


@pytest.mark.parametrize("text", ['a"b', "a\nb", "a\\b", "$ru", "", "x" * 401])
def test_a_text_that_could_end_the_text_is_refused(text):
    with pytest.raises(ValueError, match="cannot stand in a Kamailio text"):
        render("", native={"17": (text,)})
    with pytest.raises(ValueError, match="cannot stand in a Kamailio text"):
        render("", site=text)


def test_each_number_and_urn_has_its_national_default():
    native = list_native_attempts(Snapshot(write_snapshot(small_content())))
    assert native["17"] == ("+33199000020|[::1]:5064|udp|2000|30000|CIC17-75",)
    assert native["urn:service:sos.police"] == native["17"]
    assert native["default"] == native["112"] == native["urn:service:sos"]
    assert set(native) == {
        *("15", "17", "18", "112", "default", "urn:service:sos"),
        *("urn:service:sos.ambulance", "urn:service:sos.police", "urn:service:sos.fire"),
    }


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
    place = demo_site.start_site(
        Recorder(), tmp_path, snapshot=tmp_path / "fr.r112", native={"17": (ATTEMPT,)}
    )
    assert place == Place("127.0.1.1", 5061)
    assert started["env"]["PATH"] == "/usr/sbin:/usr/bin:/bin"
    assert not {"PYTHONHOME", "PYTHONPATH"} & set(started["env"])
    assert started["env"]["ROUTE112_SNAPSHOT"] == str(tmp_path / "fr.r112")
    assert "-x tlsf -X tlsf -m 512" in " ".join(started["argv"])
    assert ATTEMPT in (tmp_path / "site.cfg").read_text(encoding="utf-8")
    assert started["what"].startswith("Kamailio answers OPTIONS on 127.0.1.1:5061")
