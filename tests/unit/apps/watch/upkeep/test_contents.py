from route112.apps.watch.upkeep.contents import Contents
from route112.watch.series import Series

A, B = "a" * 16, "b" * 16


def stage(run_dir, station, number, digits):
    folder = run_dir / station
    folder.mkdir(exist_ok=True)
    (folder / "current").write_text(f"{folder}/snapshots/g{number}-{digits}.r112\n")


def test_stations_that_agree_or_have_another_generation_are_not_told(tmp_path):
    assert Contents(tmp_path, ()).list_deviations() == ()
    stage(tmp_path, "site-1", 43, A)
    stage(tmp_path, "site-2", 43, A)
    stage(tmp_path, "edge-1", 42, B)
    assert Contents(tmp_path, ("edge-1",)).list_deviations() == ()


def test_who_has_another_content_under_one_generation_is_told(tmp_path):
    for station, digits in (("edge-1", B), ("site-1", A), ("site-2", A)):
        stage(tmp_path, station, 43, digits)
    (told,) = Contents(tmp_path, ("edge-1",)).list_deviations()
    assert told.series == Series((("edge", "edge-1"),))
    assert told.said == (
        "has another content under generation 43 than site-1, site-2: two were signed under one "
        "number"
    )
    stage(tmp_path, "edge-1", 44, B)
    assert Contents(tmp_path, ()).list_deviations() == ()


def test_of_two_that_differ_one_is_told(tmp_path):
    stage(tmp_path, "site-1", 43, A)
    stage(tmp_path, "site-2", 43, B)
    (told,) = Contents(tmp_path, ()).list_deviations()
    assert told.series == Series((("site", "site-2"),))


def test_a_pointer_that_cannot_be_read_says_nothing(tmp_path):
    stage(tmp_path, "site-1", 43, A)
    for station, text in (("site-2", "nonsense"), ("site-3", "")):
        (tmp_path / station).mkdir()
        (tmp_path / station / "current").write_text(text)
    (tmp_path / "site-4" / "current").mkdir(parents=True)
    assert Contents(tmp_path, ()).list_deviations() == ()
