import asyncio

import pytest
from starlette.requests import Request
from tests.support.commanded import pause

from route112.apps.planner.web.bodies import ApprovalBody, CandidateQuery, OrderBody
from route112.apps.planner.web.intake import BODY_BYTES_MAX, read_bytes, read_json, read_query
from route112.apps.planner.web.rejection import Rejected


def request(content=b"", *, query=b"", disconnects=False, **headers):
    headers = {"content_length": str(len(content)), "content_type": "application/json"} | headers
    listed = [
        (name.replace("_", "-").encode(), value.encode())
        for name, value in headers.items()
        if value is not None
    ]

    async def receive():
        if disconnects:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": content, "more_body": False}

    scope = {"type": "http", "method": "POST", "headers": listed, "query_string": query}
    return Request(scope, receive)


def refuse(reading):
    with pytest.raises(Rejected) as caught:
        asyncio.run(reading)
    return caught.value.status


def test_a_body_is_read_as_its_shape():
    content = b'{"hash": "' + b"a" * 64 + b'"}'
    assert asyncio.run(read_json(request(content), ApprovalBody)).hash == "a" * 64
    typed = request(content, content_type="Application/JSON; charset=utf-8")
    assert asyncio.run(read_json(typed, ApprovalBody)).hash == "a" * 64


def test_a_whole_number_is_one_however_it_is_written():
    import json

    body = json.dumps(pause(starts_us=60.0)).encode()
    assert asyncio.run(read_json(request(body), OrderBody)).starts_us == 60
    assert refuse(read_json(request(json.dumps(pause(starts_us=60.5)).encode()), OrderBody)) == 400


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"hash": 1}', b"[" * 8_000, b'{"a": 1}', b"1e999"],
)
def test_what_is_no_such_body_is_refused(content):
    assert refuse(read_json(request(content), ApprovalBody)) == 400


def test_what_no_web_page_may_send_by_itself():
    for kind in ("text/plain", "application/x-www-form-urlencoded", None):
        assert refuse(read_json(request(b"{}", content_type=kind), ApprovalBody)) == 415


def test_a_body_has_one_length_and_a_bound():
    assert refuse(read_json(request(b"x" * (BODY_BYTES_MAX + 1)), ApprovalBody)) == 413
    assert refuse(read_json(request(b"{}", transfer_encoding="chunked"), ApprovalBody)) == 411
    assert refuse(read_bytes(request(b"abc", disconnects=True), 10)) == 400
    assert asyncio.run(read_bytes(request(b"abc"), 3)) == b"abc"


def test_a_query_is_read_as_its_shape():
    query = b"asked_us=5&nonce=0123456789abcdef&reason=a+b&content_hash=" + b"a" * 64
    assert read_query(request(query=query), CandidateQuery).asked_us == 5
    for wrong in (b"", query + b"&asked_us=6", query + b"&odd=1", query.replace(b"=5", b"=x")):
        with pytest.raises(Rejected):
            read_query(request(query=wrong), CandidateQuery)
