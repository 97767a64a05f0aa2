"""Metadata of a cluster: brokers, controller, topics, and the leader of each partition."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiokafka.protocol.metadata import MetadataRequest

from workbench.bus.kafka.wire.metadata import MetadataRequest_v10, MetadataWithIdsRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NOT_ASKED = -(1 << 31)
"""Stands in the answer for rights that were not asked for."""
_READ = 1 << 3
"""Bit of the operation READ; the bits are numbered by ``AclOperation`` of the Kafka client."""


@dataclass(frozen=True, slots=True)
class PartitionMetadata:
    """Leader and replicas of one partition."""

    partition: int
    leader: int | None
    replicas: tuple[int, ...]
    isr: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TopicMetadata:
    """One topic with its id and partitions."""

    name: str
    topic_id: str | None
    internal: bool
    error_code: int
    partitions: Mapping[int, PartitionMetadata]
    may_read: bool = True
    """False where the broker was asked for the user's rights, and reading is not among them."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """The answer to one metadata request."""

    cluster_id: str
    controller: int | None
    brokers: Mapping[int, tuple[str, int]] = field(default_factory=dict)
    topics: Mapping[str, TopicMetadata] = field(default_factory=dict)


def metadata_request(
    versions: Mapping[int, tuple[int, int]], topics: Sequence[str] | None, *, rights: bool = False
) -> Any:
    """Return the request with topic ids where the broker knows it, else the older one; neither creates topics."""
    # Asking for the metadata of a topic may create it, if the broker is set so. Observing must not, hence the flag.
    low, high = versions.get(MetadataRequest_v10.API_KEY, (0, 0))
    if low <= MetadataRequest_v10.API_VERSION <= high:
        return MetadataWithIdsRequest(topics, rights=rights)
    return MetadataRequest(None if topics is None else list(topics), allow_auto_topic_creation=False)


def read_metadata(answer: Any) -> Metadata:
    """Convert an answer of any version from 3 on."""
    topics = (_topic(row, answer.API_VERSION) for row in answer.topics)
    return Metadata(
        cluster_id=answer.cluster_id or "",
        # -1 while a controller is being elected.
        controller=answer.controller_id if answer.controller_id >= 0 else None,
        brokers={row[0]: (row[1], row[2]) for row in answer.brokers},
        topics={topic.name: topic for topic in topics},
    )


def _topic(row: Sequence[Any], version: int) -> TopicMetadata:
    if version >= MetadataRequest_v10.API_VERSION:
        error, name, topic_id, internal, rows, operations = row[:6]
        # r[3] is the leader epoch, which version 3 lacks. r[0] is the error of the partition: one without a leader says
        # so twice, and the leader alone decides here.
        partitions = [(r[1], r[2], r[4], r[5]) for r in rows]
    else:
        error, name, internal, rows = row[:4]
        topic_id, operations = None, _NOT_ASKED
        partitions = [(r[1], r[2], r[3], r[4]) for r in rows]
    return TopicMetadata(
        name=name,
        topic_id=str(topic_id) if topic_id is not None else None,
        internal=bool(internal),
        error_code=error,
        may_read=operations == _NOT_ASKED or bool(operations & _READ),
        partitions={
            number: PartitionMetadata(number, leader if leader >= 0 else None, tuple(replicas), tuple(isr))
            # Brokers list partitions in any order; everything above counts on ascending numbers.
            for number, leader, replicas, isr in sorted(partitions)
        },
    )
