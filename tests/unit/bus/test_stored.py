"""Where a reader gives chunks only, they take the place of stored records."""

from __future__ import annotations

from workbench.bus import open_log
from workbench.bus.stored import StoredReader, read_stored
from workbench.model import NewRecord, Span


async def test_chunks_in_the_place_of_stored_records(topic_name):
    async with open_log(f"memory://{topic_name('stored')}") as log:
        await log.create_topic("t")
        async with log.writer() as writer:
            await writer.send([NewRecord("t", None, b"%d" % at, (), 0) for at in range(5)])
        async with log.reader([Span("t", 0, 0, None)]) as reader:
            assert not isinstance(reader, StoredReader)
            (part,) = await read_stored(reader, 1 << 20)
    head, rest = part.split(2)
    assert (part.topic, part.partition, head.next, rest.next) == ("t", 0, 2, 5)
    values = [[value for chunk in one.chunks() for value in chunk.records["value"].to_pylist()] for one in (head, rest)]
    assert values == [[b"0", b"1"], [b"2", b"3", b"4"]]
