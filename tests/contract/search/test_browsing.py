"""Topics and partitions as a real cluster describes them; pages and statistics of them."""

from __future__ import annotations

from workbench.model import NewRecord


async def test_topics_and_partitions_have_leaders_settings_and_bytes(cluster, topic):
    name = await topic(partitions=2, config={"retention.ms": "1000000000"})
    async with cluster.log.writer() as writer:
        await writer.send([NewRecord(name, b"k%d" % n, b"x" * 1_000, (), 0) for n in range(100)])
    (row,) = (await cluster.topics(name)).to_dict("records")
    assert 100_000 < row["size_bytes"] == row["disk_bytes"] < 300_000
    assert (row["config"], row["under_replicated"], row["offline"]) == ("retention.ms=1000000000", 0, 0)
    first, second = (await cluster.partitions(name)).to_dict("records")
    assert first["size_bytes"] > 100_000 > second["size_bytes"]
    assert str(first["leader"]) == row["leaders"]
    assert first["replicas"] == first["isr"] == [first["leader"]]
    assert (first["begin"], first["end"], second["end"], first["records_at_most"]) == (0, 100, 0, 100)


async def test_pages_and_statistics_of_a_topic_with_transactions(cluster, topic):
    name = await topic(partitions=2)
    for number in range(6):
        async with cluster.log.writer(transactional_id=f"{name}-t") as writer:
            await writer.begin()
            await writer.send([NewRecord(name, b"k", b"%d-%d" % (number, n), (), n % 2) for n in range(10)])
            await (writer.abort() if number % 3 == 1 else writer.commit())
    page, seen = await cluster.page(name, end="end", count=7), []
    while len(page):
        seen = [one.value for one in page] + seen
        page = await page.previous()
    wanted = [b"%d-%d" % (number, n) for number in (0, 2, 3, 5) for n in range(10)]
    assert sorted(seen) == sorted(wanted)
    found = await cluster.statistics(name)
    assert (found.topics[0].records, found.topics[0].keys) == (40, 1)
