import pytest
from tests.unit.wire.documents.test_scenario import SCENARIO as TEXT

from route112.apps._console import EXIT_CANNOT_RUN, Failure
from route112.apps.replay.reading.files import list_packaged, load_scenario


def test_scenarios_come_along():
    assert list_packaged() == ["fr-2021-06-02", "fr-2021-06-02-joint"]
    assert load_scenario("fr-2021-06-02").calls == 98_200
    joint = load_scenario("fr-2021-06-02-joint")
    assert (joint.calls, joint.rtc_share, joint.seed) == (98_200, 0.9, 20210602)


def test_a_user_has_files_of_his_own(tmp_path):
    path = tmp_path / "evening"
    path.write_text(TEXT)
    assert load_scenario(str(path)).file == str(path)


def test_what_is_no_scenario(tmp_path, capsys):
    with pytest.raises(Failure, match="no such file, and no scenario of that name"):
        load_scenario("nowhere")
    with pytest.raises(Failure, match="No such file"):
        load_scenario("nowhere.yaml")
    path = tmp_path / "bad.yaml"
    path.write_text(TEXT.replace("seed: 7", "sead: 7"))
    with pytest.raises(Failure, match="is refused") as caught:
        load_scenario(str(path))
    assert caught.value.exit_code == EXIT_CANNOT_RUN, "1 says that calls were lost"
    path.write_text(TEXT.replace("fault: reconnect-storm", "fault: reconnect"))
    with pytest.raises(Failure, match="is refused"):
        load_scenario(str(path))
    said = capsys.readouterr().out
    assert "the field seed is missing" in said
    assert (
        "faults[0].fault 'reconnect': there is no such fault. Perhaps it is reconnect-storm"
        in said
    )
