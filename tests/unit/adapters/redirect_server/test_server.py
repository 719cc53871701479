from tests.support.redirect import CALL, find_numbers, find_status, make_request

from route112.adapters.redirect_server import server as module

SOURCE = ("127.0.2.1", 5080)


def test_a_message_is_answered_from_the_book_in_force(server):
    response, port = server.answer(CALL, SOURCE)
    assert find_status(response) == 302
    assert find_numbers(response)[0] == "+33261910010"
    assert port == 5080
    assert server.answer(b"noise", SOURCE) is None
    assert server.answer(make_request(method="ACK"), SOURCE) is None
    assert (server.counts.answered, server.counts.dropped, server.counts.failed) == (1, 1, 0)


def test_a_mistake_of_ours_costs_one_answer_and_is_said_ten_times(server, lines, monkeypatch):
    def fail(*_args, **_kwargs):
        raise KeyError("x")

    monkeypatch.setattr(module, "answer_request", fail)
    assert [server.answer(CALL, SOURCE) for _ in range(12)] == [None] * 12
    assert server.counts.failed == 12
    assert lines == ["no answer: KeyError('x')"] * 10


def test_what_is_above_the_rate_is_dropped(server):
    answers = [server.answer(CALL, SOURCE) for _ in range(300)]
    assert 200 <= sum(answer is not None for answer in answers) < 300
    assert server.counts.dropped > 0
