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
_OPERATIONS = {
    3: "Read",
    4: "Write",
    5: "Create",
    6: "Delete",
    7: "Alter",
    8: "Describe",
    9: "ClusterAction",
    10: "DescribeConfigs",
    11: "AlterConfigs",
}
"""Bits of operations and the names that ACLs have for them, by ``AclOperation`` of the Kafka client."""


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
    rights: frozenset[str] | None = None
    """Operations that the user may perform; None where the broker was not asked."""


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
        rights=None
        if operations == _NOT_ASKED
        else frozenset(name for bit, name in _OPERATIONS.items() if operations & 1 << bit),
        partitions={
            number: PartitionMetadata(number, leader if leader >= 0 else None, tuple(replicas), tuple(isr))
            # Brokers list partitions in any order; everything above counts on ascending numbers.
            for number, leader, replicas, isr in sorted(partitions)
        },
    )
