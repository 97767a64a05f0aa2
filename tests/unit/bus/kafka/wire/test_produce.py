"""A request and its batch behind each other are the bytes that aiokafka writes for both in one."""

from __future__ import annotations

import pytest
from aiokafka.protocol.produce import ProduceRequest as Whole

from workbench.bus.kafka.wire.produce import ProduceRequest
from workbench.model import TopicPartition


@pytest.mark.parametrize("version", [3, 5, 7])
@pytest.mark.parametrize("transactional_id", [None, "id"])
def test_bytes_of_every_version(version, transactional_id):
    batch = bytes(range(256)) * 3
    request = ProduceRequest(transactional_id, -1, 1000, TopicPartition("topic", 7), batch)
    whole = Whole(transactional_id, -1, 1000, [("topic", [(7, batch)])])
    versions = {0: (0, version)}
    message = b"header" + whole.prepare(versions).encode()
    found = request.in_front(b"header", request.prepare(versions)) + bytes(request.content)
    assert found == len(message).to_bytes(4, "big") + message
