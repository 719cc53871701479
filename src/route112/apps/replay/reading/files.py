"""Scenario files: those of a user, and those that come along."""

from importlib import resources
from pathlib import Path

from route112.apps._console import echo_problems, fail
from route112.apps.replay.reading.sense import refuse_mistakes
from route112.model import Scenario
from route112.wire.yaml_documents import parse_scenario

SCENARIOS = "scenarios"


def load_scenario(name: str) -> Scenario:
    """Read a scenario by file or name, or end the command."""
    path = Path(name)
    try:
        if path.suffix == ".yaml" or path.exists():
            content, file = path.read_bytes(), name
        else:
            file = f"{name}.yaml"
            content = _find_packaged(file)
    except OSError as error:
        known = ", ".join(list_packaged())
        fail(f"{name}: {error.strerror}", f"Name a file, or one that comes along: {known}")
    found, problems = parse_scenario(content, file=file)
    echo_problems(problems, as_json=False)
    if found is None:
        fail(f"{file} is refused", "Mend what is said above")
    refuse_mistakes(found)
    return found


def list_packaged() -> list[str]:
    """List the scenarios that come along."""
    folder = resources.files("route112.countries.fr") / SCENARIOS
    return sorted(each.name.removesuffix(".yaml") for each in folder.iterdir())


def _find_packaged(file: str) -> bytes:
    if file.removesuffix(".yaml") not in list_packaged():
        raise FileNotFoundError(2, "no such file, and no scenario of that name", file)
    return (resources.files("route112.countries.fr") / SCENARIOS / file).read_bytes()
