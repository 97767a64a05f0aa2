"""`ReadOnlyLog`: the record log of a read-only connection, which reads and refuses to change anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from workbench.bus.passing import PassingLog
from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.model.records.record import TopicPartition


class ReadOnlyLog(PassingLog):
    """Reads a cluster through another log; see `workbench.bus.protocols.RecordLog`.

    Each method that writes records, changes topics, stores offsets or joins a consumer group raises
    `ConfigurationError` and sends nothing.
    """

    def writer(self, **_: Any) -> NoReturn:
        """Refuse to write records."""
        raise self._refusal("No record was written")

    def member(self, group_id: str, *_: Any, **__: Any) -> NoReturn:
        """Refuse to join a consumer group: members take partitions from others and commit offsets."""
        raise self._refusal(f"Group {group_id} was not joined")

    async def commit_offsets(self, group_id: str, offsets: Mapping[TopicPartition, int]) -> NoReturn:
        """Refuse to store offsets."""
        del offsets
        raise self._refusal(f"Offsets of group {group_id} were not changed")

    async def create_topic(self, name: str, **_: Any) -> NoReturn:
        """Refuse to create a topic."""
        raise self._refusal(f"Topic {name} was not created")

    async def add_partitions(self, name: str, total: int) -> NoReturn:
        """Refuse to add partitions."""
        del total
        raise self._refusal(f"Topic {name} was not changed")

    async def alter_config(self, name: str, settings: Mapping[str, str | None]) -> NoReturn:
        """Refuse to change settings."""
        del settings
        raise self._refusal(f"Settings of topic {name} were not changed")

    async def delete_group(self, group_id: str) -> NoReturn:
        """Refuse to delete a group."""
        raise self._refusal(f"Group {group_id} was not deleted")

    async def delete_topic(self, name: str) -> NoReturn:
        """Refuse to delete a topic."""
        raise self._refusal(f"Topic {name} was not deleted")

    async def delete_records(self, before: Mapping[TopicPartition, int]) -> NoReturn:
        """Refuse to delete records."""
        del before
        raise self._refusal("No record was deleted")

    def _refusal(self, what: str) -> ConfigurationError:
        return ConfigurationError(
            f"{what}: this connection to {self.address} is read-only. Open another one for it: "
            'connect(…, write=True, reason="INC-42").',
        )
