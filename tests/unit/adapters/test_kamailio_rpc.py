import asyncio
import json
import socket

import pytest

from route112.adapters import kamailio_rpc
from route112.adapters.kamailio_rpc import (
    HALF_DONE,
    UNDER_WAY_MAX,
    RpcError,
    ask_kamailio,
    get_item,
    is_gone,
    list_items,
    load_slot,
    patch_slot,
    read_counters,
    read_slot,
    use_slot,
)

MARKS = {"c2z": {"count": "2", "gen": "42"}, "zn": {"count": "1", "gen": "42"}}


class FakeKamailio:
    """A socket that answers from a table of `method first-parameter second-parameter`."""

    def __init__(self, folder, answers):
        self.path = folder / "rpc.sock"
        self.asked = []
        self.answers = answers
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.socket.setblocking(False)

    def reply(self, request):
        asked = " ".join([request["method"], *request["params"]])
        self.asked.append(asked)
        answer = self.answers.get(asked, "ok")
        if isinstance(answer, bytes):
            return answer
        if isinstance(answer, Exception):
            return json.dumps(
                {"id": request["id"], "error": {"code": 500, "message": str(answer)}}
            ).encode()
        return json.dumps({"jsonrpc": "2.0", "result": answer, "id": request["id"]}).encode()

    def on_readable(self):
        content, client = self.socket.recvfrom(65_536)
        answer = self.reply(json.loads(content))
        if answer:
            self.socket.sendto(answer, client)

    def run(self, question):
        async def ask():
            asyncio.get_running_loop().add_reader(self.socket, self.on_readable)
            return await question(self.path)

        try:
            return asyncio.run(ask())
        finally:
            self.socket.close()


def item(value):
    return {"item": {"name": "x", "value": value, "flags": 2}}


def loaded(**changes):
    rows = {
        "htable.get c2z_b count": item("2"),
        "htable.get c2z_b gen": item("42"),
        "htable.get zn_b count": item("1"),
        "htable.get zn_b gen": item("42"),
        "htable.stats": [{"name": "c2z_b", "all": 4}, {"name": "zn_b", "all": 3}],
    }
    return rows | changes


def test_a_question_has_method_and_parameters(tmp_path):
    fake = FakeKamailio(tmp_path, {"htable.reload zn_b": "Ok"})
    result = fake.run(lambda path: ask_kamailio(path, "htable.reload", "zn_b"))
    assert bytes(result) == b'"Ok"'
    assert [path.name for path in tmp_path.iterdir()] == ["rpc.sock"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (RuntimeError("No such htable"), "m: No such htable (500)"),
        (b"no json", "m: the answer cannot be read: "),
        (b'{"id": -1, "result": 1}', "m: the answer is to question -1, not "),
    ],
)
def test_what_is_no_answer_is_an_error(tmp_path, answer, said):
    fake = FakeKamailio(tmp_path, {"m": answer})
    with pytest.raises(RpcError) as caught:
        fake.run(lambda path: ask_kamailio(path, "m"))
    assert str(caught.value).startswith(said)


def test_silence_and_absence_are_errors(tmp_path, monkeypatch):
    monkeypatch.setattr(kamailio_rpc, "REPLY_SECONDS_MAX", 0.01)
    with pytest.raises(RpcError, match=r"m: no answer within 0\.01 s"):
        FakeKamailio(tmp_path, {"m": b""}).run(lambda path: ask_kamailio(path, "m"))
    with pytest.raises(RpcError, match="m: No such file or directory"):
        asyncio.run(ask_kamailio(tmp_path / "none", "m"))


def test_one_that_is_gone_is_told_from_one_that_is_silent(tmp_path, monkeypatch):
    monkeypatch.setattr(kamailio_rpc, "REPLY_SECONDS_MAX", 0.01)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "left"))
        with pytest.raises(RpcError) as silent:
            asyncio.run(ask_kamailio(tmp_path / "left", "m"))
    assert not is_gone(silent.value)
    for name in ("left", "none"):
        with pytest.raises(RpcError) as gone:
            asyncio.run(ask_kamailio(tmp_path / name, "m"))
        assert is_gone(gone.value), "nobody listens at what is left of it"


def test_a_row_without_a_value_is_an_error(tmp_path):
    with pytest.raises(RpcError, match=r"htable\.get c2z_a x: "):
        FakeKamailio(tmp_path, {}).run(lambda path: get_item(path, "c2z_a", "x"))


def test_the_slot_in_use_and_its_instant(tmp_path):
    answers = {
        "pv.shvGet slot": {"name": "slot", "type": "string", "value": "b"},
        "htable.get c2z_b built": item("7"),
        "htable.get zn_b built": item("7"),
    }
    assert FakeKamailio(tmp_path, answers).run(read_slot) == ("b", "7")
    (tmp_path / "rpc.sock").unlink()
    answers["htable.get zn_b built"] = item("8")
    assert FakeKamailio(tmp_path, answers).run(read_slot) == ("b", "")
    (tmp_path / "rpc.sock").unlink()
    with pytest.raises(RpcError, match=r"pv\.shvGet slot: "):
        FakeKamailio(tmp_path, {}).run(read_slot)


def test_a_slot_is_loaded_and_checked(tmp_path):
    fake = FakeKamailio(tmp_path, loaded())
    fake.run(lambda path: load_slot(path, "b", MARKS))
    assert fake.asked[:2] == ["htable.reload c2z_b", "htable.reload zn_b"]
    assert fake.asked[-1] == "htable.stats"


def test_a_slot_is_put_in_use_by_one_word(tmp_path):
    fake = FakeKamailio(tmp_path, {})
    fake.run(lambda path: use_slot(path, "b"))
    assert fake.asked == ["pv.shvSet slot str b"]


def test_rows_of_a_slot_are_replaced_and_it_is_of_no_instant_meanwhile(tmp_path):
    fake = FakeKamailio(tmp_path, loaded())
    rows = {f"{number}:15": f"way {number}" for number in range(3 * UNDER_WAY_MAX)}
    fake.run(lambda path: patch_slot(path, "b", {"zn": rows}, MARKS))
    assert fake.asked[:2] == [f"htable.sets {table}_b built {HALF_DONE}" for table in MARKS]
    told = [f"htable.sets zn_b {key} {value}" for key, value in rows.items()]
    assert fake.asked[2 : 2 + len(told)] == told
    marks = [
        f"htable.sets {table}_b {key} {value}"
        for table, own in MARKS.items()
        for key, value in own.items()
    ]
    assert fake.asked[2 + len(told) :][: len(marks)] == marks
    assert fake.asked[-1] == "htable.stats"


def test_a_row_that_cannot_be_replaced_is_an_error(tmp_path):
    fake = FakeKamailio(tmp_path, loaded(**{"htable.sets zn_b x y": RuntimeError("no memory")}))
    with pytest.raises(RpcError, match=r"htable\.sets: no memory \(500\)"):
        fake.run(lambda path: patch_slot(path, "b", {"zn": {"x": "y"}}, MARKS))
    fake.path.unlink()
    fake = FakeKamailio(tmp_path, loaded(**{"htable.get zn_b count": item("2")}))
    with pytest.raises(RpcError, match="zn_b has count 2, not 1"):
        fake.run(lambda path: patch_slot(path, "b", {"zn": {}}, MARKS))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"htable.reload zn_b": RuntimeError("gone")}, r"htable\.reload: gone \(500\)"),
        ({"htable.get c2z_b gen": item("41")}, "c2z_b has gen 41, not 42"),
        ({"htable.stats": [{"name": "c2z_b", "all": 3}]}, "c2z_b has 3 rows, not 4"),
        ({"htable.stats": []}, "c2z_b has 0 rows, not 4"),
        ({"htable.stats": "?"}, r"htable\.stats: "),
    ],
)
def test_a_slot_that_is_not_what_was_written_is_an_error(tmp_path, changes, said):
    fake = FakeKamailio(tmp_path, loaded(**changes))
    with pytest.raises(RpcError, match=said):
        fake.run(lambda path: load_slot(path, "b", MARKS))


def test_rows_of_a_small_table_and_counters_by_name(tmp_path):
    slots = [
        {
            "entry": 3,
            "size": 2,
            "slot": [{"name": "shed", "value": 2}, {"name": "b", "value": "x"}],
        },
        {"entry": 9, "size": 1, "slot": [{"name": "stale", "value": 1}]},
    ]
    fake = FakeKamailio(tmp_path, {"htable.dump refused": slots})
    rows = fake.run(lambda path: list_items(path, "refused"))
    assert rows == {"shed": "2", "b": "x", "stale": "1"}
    fake.path.unlink()
    fake = FakeKamailio(tmp_path, {"stats.fetchn core:rcv_requests": {"core.rcv_requests": 7}})
    assert fake.run(lambda path: read_counters(path, "core:rcv_requests")) == {"rcv_requests": 7}


def test_rows_and_counters_of_another_shape_are_errors(tmp_path):
    with pytest.raises(RpcError, match="refused: "):
        FakeKamailio(tmp_path, {"htable.dump refused": {"a": 1}}).run(
            lambda path: list_items(path, "refused")
        )
