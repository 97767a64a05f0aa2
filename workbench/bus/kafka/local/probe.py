"""Sends a Kafka metadata request to a port, without a client library, to see whether a broker serves there."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass

_METADATA_KEY, _METADATA_VERSION = 3, 2
_CLIENT = b"workbench-probe"
_LARGEST_ANSWER = 1 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """The cluster as a serving broker describes it."""

    cluster_id: str
    brokers: int
    controller_id: int


def _request() -> bytes:
    no_topics = struct.pack(">i", 0)
    header = struct.pack(">hhih", _METADATA_KEY, _METADATA_VERSION, 1, len(_CLIENT)) + _CLIENT
    body = header + no_topics
    return struct.pack(">i", len(body)) + body


def _exactly(sock: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = sock.recv(size - len(parts))
        if not part:
            raise ConnectionError("closed while answering")
        parts += part
    return bytes(parts)


def _text(data: bytes, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from(">h", data, at)
    if length < 0:
        return "", at + 2
    return data[at + 2 : at + 2 + length].decode("utf-8", "replace"), at + 2 + length


def _parse(data: bytes) -> Answer:
    correlation, brokers = struct.unpack_from(">ii", data, 0)
    if correlation != 1:
        raise ConnectionError("not an answer to this request")
    at = 8
    for _ in range(brokers):
        _, at = _text(data, at + 4)  # host, after the node id
        _, at = _text(data, at + 4)  # rack, after the port
    cluster_id, at = _text(data, at)
    (controller_id,) = struct.unpack_from(">i", data, at)
    return Answer(cluster_id, brokers, controller_id)


def is_open(host: str, port: int, timeout_s: float = 2.0) -> bool:
    """Whether something accepts connections at a port."""
    try:
        with socket.create_connection((host, port), timeout_s):
            return True
    except OSError:
        return False


def ask(host: str, port: int, timeout_s: float = 2.0) -> Answer | None:
    """Return the broker's answer to a metadata request, or None when it does not serve one within the time.

    Works on PLAINTEXT listeners. A broker that has not registered yet names no broker and counts as not serving.
    """
    try:
        with socket.create_connection((host, port), timeout=timeout_s) as sock:
            sock.sendall(_request())
            (size,) = struct.unpack(">i", _exactly(sock, 4))
            # Another program on the port answers in its own protocol: its first bytes are no size.
            if not 0 < size <= _LARGEST_ANSWER:
                return None
            answer = _parse(_exactly(sock, size))
    except (OSError, struct.error):
        return None
    return answer if answer.brokers and answer.controller_id >= 0 else None
