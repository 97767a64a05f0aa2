"""Asking a port whether a broker serves there."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import closing

import pytest

from workbench.bus.kafka.local import probe


class TestProbe:
    def serve(self, answer):
        listener = socket.create_server(("127.0.0.1", 0))

        def once() -> None:
            with closing(listener), closing(listener.accept()[0]) as peer:
                peer.recv(1024)
                peer.sendall(answer)

        thread = threading.Thread(target=once)
        thread.start()
        return listener.getsockname()[1], thread

    def ask(self, answer):
        port, thread = self.serve(answer)
        try:
            return probe.ask("127.0.0.1", port, 5)
        finally:
            thread.join()

    def framed(self, body):
        return struct.pack(">i", len(body)) + body

    def metadata(self, brokers, controller):
        broker = struct.pack(">ih", 1, 1) + b"h" + struct.pack(">ih", 9092, -1)
        head = struct.pack(">ii", 1, brokers) + broker * brokers
        return self.framed(head + struct.pack(">h", 3) + b"abc" + struct.pack(">ii", controller, 0))

    def test_a_serving_broker(self):
        assert self.ask(self.metadata(2, 1)) == probe.Answer("abc", 2, 1)

    @pytest.mark.parametrize(("brokers", "controller"), [(0, 1), (1, -1)])
    def test_one_that_has_not_registered_yet_does_not_serve(self, brokers, controller):
        assert self.ask(self.metadata(brokers, controller)) is None

    @pytest.mark.parametrize(
        "answer",
        [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", struct.pack(">i", 8) + b"\x00" * 8, struct.pack(">i", 1) + b"x"],
    )
    def test_something_else_on_the_port_is_no_broker(self, answer):
        assert self.ask(answer) is None

    def test_nobody_there(self):
        with closing(socket.create_server(("127.0.0.1", 0))) as listener:
            port = listener.getsockname()[1]
        assert probe.ask("127.0.0.1", port, 1) is None
