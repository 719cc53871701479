"""OpenAPI 3.1 of the table of routes, so that the description cannot say anything else."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from route112.apps.planner.web.intake import JSON
from route112.apps.planner.web.rejection import MEDIA_TYPE, Refused
from route112.apps.planner.web.routes import DOCUMENT_PATH, ROUTES, ApiRoute

OPENAPI = "3.1.0"
VERSION = "1"
_REF = "#/components/schemas/{name}"
_PATH_SHAPES = {
    "station": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,63}$"},
    "content_hash": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
}
_Json = dict[str, Any]


def describe() -> _Json:
    """Return the document."""
    shapes = sorted(
        {shape for route in ROUTES for shape in _list_shapes(route)} | {Refused}, key=str
    )
    schemas, components = msgspec.json.schema_components(shapes, ref_template=_REF)
    refs = dict(zip(shapes, schemas, strict=True))
    paths: _Json = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _describe_route(route, refs)
    paths[DOCUMENT_PATH] = {"get": _describe_document()}
    return {
        "openapi": OPENAPI,
        "info": {
            "title": "route112 planner",
            "version": VERSION,
            "description": (
                "Who is at the other end is known by the connection alone: the user of a Unix "
                "socket, or the certificate of mutual TLS. A verb for which a second person has "
                "to agree answers 202 with a hash. Times are UTC, microseconds since 1970."
            ),
        },
        "paths": paths,
        "components": {"schemas": dict(sorted(components.items()))},
    }


def _list_shapes(route: ApiRoute) -> list[Any]:
    candidates = [route.body, *(shape for _, shape in route.answers)]
    return [each for each in candidates if not isinstance(each, str)]


def _describe_route(route: ApiRoute, refs: Mapping[Any, Any]) -> _Json:
    summary = (route.handler.__doc__ or "").strip().partition("\n")[0]
    described: _Json = {
        "operationId": route.handler.__name__,
        "summary": summary,
        "x-route112-verbs": list(route.verbs),
        "responses": {
            str(status): {"description": "As asked", "content": _describe_body(shape, refs)}
            for status, shape in route.answers
        },
    }
    described["responses"]["default"] = {
        "description": "Refused, or failed; `todo` says what to do next",
        "content": {MEDIA_TYPE: {"schema": refs[Refused]}},
    }
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": _PATH_SHAPES[name]}
        for name in re.findall(r"\{(\w+)\}", route.path)
    ]
    if route.query is not None:
        parameters += _describe_query(route.query)
    if parameters:
        described["parameters"] = parameters
    if route.body:
        described["requestBody"] = {"required": True, "content": _describe_body(route.body, refs)}
    return described


def _describe_body(shape: Any, refs: Mapping[Any, Any]) -> _Json:  # noqa: ANN401
    if isinstance(shape, str):
        kind = shape.partition(";")[0]
        return {kind: {"schema": {"type": "string"}}}
    return {JSON: {"schema": refs[shape]}}


def _describe_query(query: type[msgspec.Struct]) -> list[_Json]:
    (_,), components = msgspec.json.schema_components([query], ref_template=_REF)
    schema = components[query.__name__]
    return [
        {"name": name, "in": "query", "required": name in schema["required"], "schema": each}
        for name, each in schema["properties"].items()
    ]


def _describe_document() -> _Json:
    return {
        "operationId": "get_document",
        "summary": "This document.",
        "x-route112-verbs": [],
        "responses": {
            "200": {"description": "As asked", "content": {JSON: {"schema": {"type": "object"}}}}
        },
    }
