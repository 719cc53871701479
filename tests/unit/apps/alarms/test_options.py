import click
from click.testing import CliRunner

from route112.apps.alarms import options
from route112.apps.alarms.options import offer, run_dir_option


def list_offered(run_dir, incomplete=""):
    context = click.Context(click.Command("c"))
    context.params = {} if run_dir is None else {"run_dir": run_dir}
    found = offer(context, incomplete, lambda book: [(n, n * 2) for n in book.list_names("psap")])
    return [(item.value, item.help) for item in found]


def test_what_the_run_directory_has_is_offered_as_far_as_it_is_typed(world, monkeypatch):
    run_dir = world.files.run_dir
    assert [value for value, _ in list_offered(run_dir)] == ["CRRA15-29", "CRRA15-56"]
    assert list_offered(run_dir, "CRRA15-5") == [("CRRA15-56", "CRRA15-56CRRA15-56")]
    monkeypatch.setattr(options, "OFFERED_MAX", 1)
    assert len(list_offered(run_dir)) == 1


def test_nothing_is_offered_where_nothing_is_known(tmp_path):
    assert list_offered(None) == list_offered(tmp_path) == []


def test_the_folder_has_to_be_named():
    command = click.Command("c", callback=lambda run_dir: click.echo(run_dir.name))
    assert CliRunner().invoke(run_dir_option(command), []).exit_code == 2
    assert CliRunner().invoke(command, ["--run-dir", "some"]).output == "some\n"
