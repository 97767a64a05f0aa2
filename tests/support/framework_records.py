"""Records as NServiceBus and Debezium write them, and Wikimedia's real ones, for the measurements."""

from __future__ import annotations

import gzip
import json
import os
import random
import uuid
from pathlib import Path

from workbench.model import NewRecord

DATA = Path(os.environ.get("BENCH_REAL_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
"""Folder of real events, which are no part of the project: ``../shared/data`` unless the variable names another."""


def nservicebus_records(topic: str, count: int) -> list[NewRecord]:
    """Sagas of twelve messages: identity in twelve headers, a plain JSON body; the cause is missing in the first."""
    source = random.Random(13)  # noqa: S311 - repeatable, not secret
    made, conversation, before = [], "", ""
    for at in range(count):
        message = str(uuid.UUID(int=source.getrandbits(128), version=4))
        if at % 12 == 0:
            conversation, before = message, ""
        kind = f"Shop.Sales.Step{at % 12}"
        sent = f"2026-11-23 10:{at // 60 % 60:02d}:{at % 60:02d}:{source.randrange(10**6):06d} Z"
        headers = {
            "NServiceBus.MessageId": message,
            "NServiceBus.MessageIntent": "Publish",
            "NServiceBus.ConversationId": conversation,
            "NServiceBus.CorrelationId": conversation,
            **({"NServiceBus.RelatedTo": before} if before else {}),
            "NServiceBus.EnclosedMessageTypes": f"{kind}, Shop.Messages, Version=1.2.0.0, Culture=neutral",
            "NServiceBus.OriginatingEndpoint": "Sales",
            "NServiceBus.OriginatingMachine": f"node-{at % 5}",
            "NServiceBus.TimeSent": sent,
            "NServiceBus.ContentType": "application/json",
            "NServiceBus.Version": "9.2.3",
            **({"NServiceBus.SagaType": "Shop.Sales.Saga"} if source.random() < 0.5 else {}),
        }
        body = {
            "OrderId": at // 12,
            "Step": at % 12,
            "Total": source.randrange(10**6) / 100,
            "Note": f"{source.getrandbits(512):x}",
        }
        pairs = tuple((name.encode(), value.encode()) for name, value in headers.items())
        made.append(NewRecord(topic, b"order-%d" % (at // 12), json.dumps(body).encode(), pairs))
        before = message
    return made


def debezium_records(topic: str, count: int) -> list[NewRecord]:
    """Changes of a PostgreSQL table with transaction metadata; deletes are followed by their tombstone."""
    source = random.Random(17)  # noqa: S311 - repeatable, not secret
    made: list[NewRecord] = []
    position = 0
    while len(made) < count:
        position += 8
        row = {
            "id": source.randrange(10**5),
            "status": "open",
            "total": "12.50",
            "note": f"{source.getrandbits(400):x}",
        }
        op = source.choices("cudr", [30, 55, 10, 5])[0]
        changed = {**row, "status": "closed"}
        body = {
            "before": row if op in "ud" else None,
            "after": None if op == "d" else changed,
            "source": {
                "version": "3.0.0.Final",
                "connector": "postgresql",
                "name": "shop",
                "ts_ms": 1_763_892_000_000 + position,
                "snapshot": "false",
                "db": "shop",
                "schema": "public",
                "table": "orders",
                "txId": position // 40,
                "lsn": position,
                "xmin": None,
            },
            "transaction": {
                "id": f"{position // 40}:{position}",
                "total_order": position % 5,
                "data_collection_order": 1,
            },
            "op": op,
            "ts_ms": 1_763_892_000_100 + position,
        }
        key = json.dumps({"id": row["id"]}).encode()
        made.append(NewRecord(topic, key, json.dumps(body).encode()))
        if op == "d":
            made.append(NewRecord(topic, key, None))
    return made[:count]


def wikimedia_records(topic: str, count: int) -> list[NewRecord]:
    """The events of Wikimedia's four topics in turn, ``count`` of them at most; as published, without a key.

    Raises:
        FileNotFoundError: The folder with real events is not there.
    """
    folder = DATA / "wikimedia-2021-08"
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is missing; BENCH_REAL_DATA names the folder of real events")
    lines = [
        line for path in sorted(folder.glob("*.ndjson.gz")) for line in gzip.decompress(path.read_bytes()).splitlines()
    ]
    random.Random(19).shuffle(lines)  # noqa: S311 - repeatable, not secret
    return [NewRecord(topic, None, line) for line in lines[:count]]
