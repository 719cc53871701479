import asyncio
from collections import Counter
from types import SimpleNamespace

from tests.support.metrics import list_documented, list_served

from route112.adapters.redirect_server.server import Counts
from route112.apps.exposing.redirect_metrics import RedirectCollector, serve_metrics

SERVER = SimpleNamespace(
    counts=Counts(answered=3, dropped=5, failed=1, limited=2, statuses=Counter({"302": 3})),
    sources={"127.0.0.1": 2, "::1": 1},
)
SHELF = SimpleNamespace(book=SimpleNamespace(generation=42), since_s=7.0)


def test_the_document_has_all_figures():
    assert list_served(RedirectCollector(SERVER, SHELF).collect()) == list_documented(
        "Redirect servers"
    )


def test_figures_are_those_of_the_server():
    values = {
        (sample.name, *sample.labels.values()): sample.value
        for family in RedirectCollector(SERVER, SHELF).collect()
        for sample in family.samples
    }
    assert values["route112_redirect_answers_total", "302"] == 3
    assert values["route112_redirect_dropped_total", "rate"] == 2
    assert values["route112_redirect_dropped_total", "noise"] == 3
    assert values["route112_redirect_dropped_total", "mistake"] == 1
    assert values["route112_redirect_connections",] == 3
    assert values["route112_redirect_in_force_timestamp_seconds",] == 7


def test_they_are_served_until_the_server_ends():
    said = []

    async def run():
        until = asyncio.get_running_loop().create_future()

        def say(text):
            said.append(text)
            until.set_result(None)

        serving = serve_metrics(("127.0.0.1", 0), SERVER, SHELF, until=until, say=say)
        await asyncio.wait_for(serving, 5)

    asyncio.run(run())
    assert "metrics are served at 127.0.0.1 port" in said[0]
