import socket

from route112.apps.country_run.planned import (
    SOCKET,
    PlannerOptions,
    is_listening,
    list_planner_words,
    list_receiver_words,
)


def test_what_they_are_started_with(tmp_path):
    def list_words(**options):
        options = PlannerOptions(profile=tmp_path / "p", **options)
        return list_planner_words(tmp_path, options, head_start_s=15.0)

    words = list_words(key=tmp_path / "k")
    assert words[-4:] == ("--sign-key", str(tmp_path / "k"), "--standby", "15")
    words = list_words(versions=tmp_path / "v")
    assert words[-4:-2] == ("--versions", str(tmp_path / "v"))
    assert "--sign-key" not in list_words()
    words = list_receiver_words(tmp_path / "site-1")
    assert words[words.index("--planner") + 1] == f"unix:{tmp_path}/planner/socket"
    assert words[words.index("--into") + 1] == f"{tmp_path}/plans/site-1.r112"


def test_a_planner_is_there_while_it_takes_connections(tmp_path):
    assert not is_listening(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / SOCKET))
        assert not is_listening(tmp_path)
        listening.listen()
        assert is_listening(tmp_path)
