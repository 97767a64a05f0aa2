"""Records of a real broker are masked where they are read: in a tail, a capture and a search."""

from __future__ import annotations

import json

import pytest

import workbench as wb
from workbench.model import NewRecord
from workbench.testing import wait_until

pytestmark = pytest.mark.broker
HIDDEN = "S3CR3T"


async def test_nothing_that_is_read_shows_it(kafka_address, topic_name, tmp_path, monkeypatch):
    name = topic_name("masked")
    (tmp_path / "workbench.toml").write_text(
        f'[[masking.rules]]\ntopics = ["{name}"]\npaths = ["card"]\nheaders = ["token"]\n'
        'key = true\naction = "replace"\n'
    )
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "workbench.toml"))
    async with await wb.connect(f"kafka://{kafka_address}", write=True, reason="proof") as cluster:
        await cluster.log.create_topic(name, partitions=2)
        async with cluster.log.writer() as writer:
            value = json.dumps({"card": HIDDEN, "n": 1}).encode()
            records = [
                NewRecord(name, b"%d" % number + HIDDEN.encode(), value, ((b"token", HIDDEN.encode()),))
                for number in range(40)
            ]
            await writer.send(records)
        tail = cluster.tail(name, start="start")
        await wait_until(lambda: tail.feed.stats.total == 40)
        found = await cluster.search(name, where="payload->>'n' = '1'")
        with await cluster.capture(name, into=tmp_path / "a.duckdb") as snap:
            shown = [snap.sql("from records").to_csv(), snap.events(columns=["payload", "key"]).to_csv()]
        assert len(found.frame) == 40
        for text in (*shown, found.frame.to_csv(), tail.snapshot().html()):
            assert HIDDEN not in text
            assert "***" in text
        tail.close()
