"""Defines the descriptions of topics, partitions and consumer groups as a cluster reports them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.model.records.record import TopicPartition

GroupState: TypeAlias = Literal[
    "Stable",
    "PreparingRebalance",
    "CompletingRebalance",
    "Assigning",
    "Reconciling",
    "Empty",
    "Dead",
    "unknown",
]


@dataclass(frozen=True, slots=True)
class PartitionInfo:
    """One partition and its log bounds at the time of the request."""

    partition: int
    leader: int | None
    replicas: tuple[int, ...]
    isr: tuple[int, ...]
    begin: int | None
    """Log start offset; None when it could not be read."""
    end: int | None
    """High watermark; ``end - begin`` is an upper bound of the records."""


@dataclass(frozen=True, slots=True)
class ConfigValue:
    """One topic setting."""

    value: str | None
    default: bool
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class TopicInfo:
    """A topic as the cluster describes it."""

    name: str
    topic_id: str | None
    """The topic's own UUID; None where the broker gives none."""
    internal: bool
    partitions: tuple[PartitionInfo, ...]
    config: Mapping[str, ConfigValue] = field(default_factory=dict)
    """Empty when it could not be read (then ``unavailable`` says so)."""
    unavailable: tuple[str, ...] = ()
    readable: bool = True
    """Whether this user may read its records; where not, ``unavailable`` says that the right is missing."""
    rights: frozenset[str] | None = None
    """What this user may do with it, as Kafka's ACLs name it: ``Alter``, ``Write``, …; None where nobody says."""

    @property
    def replication_factor(self) -> int:
        """Largest number of replicas among the partitions."""
        return max((len(p.replicas) for p in self.partitions), default=0)


@dataclass(frozen=True, slots=True)
class GroupMemberInfo:
    """One member of a consumer group."""

    member_id: str
    instance_id: str | None
    client_id: str
    host: str
    partitions: tuple[TopicPartition, ...]


@dataclass(frozen=True, slots=True)
class GroupInfo:
    """A group that reads topics, of any type."""

    group_id: str
    state: GroupState
    protocol: Literal["classic", "consumer", "share", "unknown"]
    """Its type; a ``share`` group (KIP-932) shares the records of a partition out among its members."""
    protocol_type: str
    coordinator: int | None
    members: tuple[GroupMemberInfo, ...] = ()
    error: str | None = None
    """Why the description is incomplete; the state is then ``unknown``."""


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """How far the clock of a cluster's controller is ahead of this machine's."""

    offset_ms: int
    error_ms: int
    """The true value lies this far around it at most: half the time that the answer took."""


@dataclass(frozen=True, slots=True)
class CommittedOffset:
    """Committed offset of a group for one partition."""

    offset: int
    leader_epoch: int | None = None
    metadata: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of sending one record: acknowledged, failed, or unknown."""

    status: Literal["acked", "failed", "unknown"]
    topic: str
    partition: int | None
    offset: int | None = None
    """Target offset of an acknowledged record."""
    timestamp_ms: int | None = None
    """The timestamp that was sent, or the broker's append time if the broker returned one."""
    error: Exception | None = None
