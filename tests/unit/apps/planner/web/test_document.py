import subprocess
import sys
from pathlib import Path

from route112.apps.planner.web.document import describe
from route112.apps.planner.web.routes import DOCUMENT_PATH, ROUTES

ROOT = Path(__file__).parents[5]


def test_the_committed_document_is_what_the_code_says():
    command = [sys.executable, str(ROOT / "tools" / "planner_api.py"), "--check"]
    assert subprocess.run(command, check=False).returncode == 0, "run `make docs`"


def test_each_route_is_described_with_its_verbs():
    paths = describe()["paths"]
    described = {
        (method.upper(), path): each["x-route112-verbs"]
        for path, methods in paths.items()
        for method, each in methods.items()
    }
    expected = {(route.method, route.path): list(route.verbs) for route in ROUTES}
    assert described == expected | {("GET", DOCUMENT_PATH): []}


def test_an_order_is_one_of_five_shapes():
    schema = describe()["paths"]["/orders"]["post"]["requestBody"]["content"]
    kinds = schema["application/json"]["schema"]["discriminator"]["mapping"]
    assert set(kinds) == {"alternative", "divert", "pause", "prefect", "resume"}


def test_a_query_is_described_field_by_field():
    parameters = describe()["paths"]["/candidates"]["post"]["parameters"]
    assert {each["name"] for each in parameters} == {
        *("asked_us", "content_hash", "nonce", "reason")
    }  # fmt: skip
    assert all(each["required"] for each in parameters)
