"""The request that writes a record batch (API 0), with the batch left outside: megabytes are not copied into it."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Any

from aiokafka.protocol.produce import ProduceRequest as AiokafkaProduceRequest

if TYPE_CHECKING:
    from workbench.model.records.record import TopicPartition

_SIZE = Struct(">i")


class ProduceRequest(AiokafkaProduceRequest):  # type: ignore[misc]  # aiokafka ships no types
    """Writes one batch to one partition.

    Args:
        transactional_id: Of the producer's transaction.
        acks: -1 for all replicas, 1 for the leader.
        timeout_ms: For which the leader waits for the replicas.
        partition: Where to.
        batch: The batch.
    """

    def __init__(
        self, transactional_id: str | None, acks: int, timeout_ms: int, partition: TopicPartition, batch: bytes
    ) -> None:
        # The batch is the last field, in every version that aiokafka writes: an empty one holds its place.
        super().__init__(transactional_id, acks, timeout_ms, [(partition.topic, [(partition.partition, b"")])])
        self.content = memoryview(batch)
        """What follows the bytes in front of it."""

    def in_front(self, header: bytes, prepared: Any) -> bytes:
        """Return the bytes of the message in front of the batch.

        Args:
            header: The header of the request.
            prepared: The request in the version that the broker understands.
        """
        body: bytes = header + prepared.encode()[: -_SIZE.size] + _SIZE.pack(len(self.content))
        return _SIZE.pack(len(body) + len(self.content)) + body
