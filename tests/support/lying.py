"""A planner on a Unix socket that answers what a test says, or hangs, or drips."""

import socket
import threading
import time


class Lying:
    """Serves one answer to each connection: bytes, or a function that has the socket."""

    def __init__(self, path):
        self.path, self.answers, self.asked = path, {}, []
        self.heads = []
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(path))
        self._listening.listen(16)
        self._listening.settimeout(0.1)
        self._is_over = False
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._is_over = True
        self._thread.join(5)
        self._listening.close()

    def _serve(self):
        while not self._is_over:
            try:
                connection, _ = self._listening.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(5)
                try:
                    self._answer(connection)
                except OSError:
                    continue

    def _answer(self, connection):
        request = b""
        while b"\r\n\r\n" not in request:
            request += connection.recv(65_536)
        head, _, body = request.partition(b"\r\n\r\n")
        self.heads.append(head.decode())
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b":")
            while name.lower() == b"content-length" and len(body) < int(value):
                body += connection.recv(65_536)
        word, path, _ = head.split(b" ", 2)
        self.asked.append((word.decode(), path.decode(), body))
        answer = self.answers.get(word.decode(), b"")
        if callable(answer):
            answer(connection)
        else:
            connection.sendall(answer)


def answer(content, *, status="200 OK", length=None):
    length = len(content) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n".encode() + content


def hang(connection):
    connection.recv(1)


def drip(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for _ in range(200):
        connection.sendall(b"X-Drip: 1\r\n")
        time.sleep(0.05)


def flood(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(400):
        connection.sendall(b"x" * 65_536)
