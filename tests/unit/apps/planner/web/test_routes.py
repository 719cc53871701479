"""The table of routes; that the application serves it and nothing else is in test_api."""

import inspect

from route112.access import RULES
from route112.apps.planner.web.routes import ROUTES


def test_each_route_is_there_once_and_says_what_it_does():
    keys = [(route.method, route.path) for route in ROUTES]
    assert len(set(keys)) == len(keys)
    for route in ROUTES:
        assert inspect.iscoroutinefunction(route.handler)
        assert (route.handler.__doc__ or "").strip()
        assert route.answers


def test_what_changes_something_is_no_get():
    for route in ROUTES:
        changes = any(RULES[verb].changes for verb in route.verbs)
        assert not (changes and route.method == "GET"), route.path


def test_what_needs_a_second_person_may_answer_that_it_waits():
    for route in ROUTES:
        if any(RULES[verb].two_person for verb in route.verbs):
            assert 202 in dict(route.answers), route.path
