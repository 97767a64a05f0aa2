from __future__ import annotations

from dataclasses import replace

import pytest

from workbench.errors import SnapshotError
from workbench.model import TopicPartition
from workbench.model.records.columns import MASKED_HEADER


class WithoutIds:
    """A log of a broker that gives topics no id."""

    def __init__(self, log) -> None:
        self._log = log

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)

    async def describe(self, topics=None):
        return [replace(info, topic_id=None) for info in await self._log.describe(topics)]


@pytest.fixture
def nameless(capturing):
    capturing.log = WithoutIds(capturing.log)
    return capturing


class TestWithoutTopicIds:
    async def test_the_same_topic_goes_on(self, nameless, topic, write):
        name = await topic(partitions=2)
        await write(name, [b"a", b"b"], headers=((b"h", None),))
        await nameless(name)
        await write(name, [b"c"])
        assert (await nameless(name)).records == 1
        assert len(nameless.store.sources()) == 1

    async def test_what_masking_made_of_a_record_may_have_changed(self, nameless, topic, write):
        name = await topic()
        mark = (MASKED_HEADER.encode(), b"key")
        await write(name, [b"a", b"b"], key=b"masked:1", headers=(mark,), timestamp_ms=1_790_000_000_000)
        await nameless(name)
        await nameless.log.delete_topic(name)
        await topic(name)
        await write(name, [b"a", b"b", b"c"], key=b"masked:2", headers=(mark,), timestamp_ms=1_790_000_000_000)
        assert (await nameless(name)).records == 1

    async def test_a_shorter_topic_of_that_name_is_refused(self, nameless, topic, write):
        name = await topic()
        await write(name, [b"a", b"b", b"c"])
        await nameless(name)
        await nameless.log.delete_topic(name)
        await topic(name)
        await write(name, [b"a"])
        with pytest.raises(SnapshotError, match=r"ends at 1, but records up to 3 are stored.*another file"):
            await nameless(name)
        assert nameless.values(name) == [b"a", b"b", b"c"]

    @pytest.mark.parametrize("other", [{"value": b"B"}, {"key": b"k"}, {"headers": ((b"h", b""),)}])
    async def test_other_bytes_at_the_last_stored_offset_are_refused(self, nameless, topic, write, other):
        name = await topic()
        await write(name, [b"a", b"b"], timestamp_ms=1_790_000_000_000)
        await nameless(name)
        await nameless.log.delete_topic(name)
        await topic(name)
        value, more = other.get("value", b"b"), {field: other[field] for field in other if field != "value"}
        await write(name, [b"a", value, b"c"], timestamp_ms=1_790_000_000_000, **more)
        with pytest.raises(SnapshotError, match="another record at the last stored offset"):
            await nameless(name)
        assert nameless.values(name) == [b"a", b"b"]

    async def test_a_last_record_that_retention_removed_proves_nothing(self, nameless, topic, write):
        name = await topic()
        await write(name, [b"a", b"b"])
        await nameless(name)
        await write(name, [b"c"])
        await nameless.log.delete_records({TopicPartition(name, 0): 2})
        assert (await nameless(name)).records == 1
        assert nameless.values(name) == [b"a", b"b", b"c"]
