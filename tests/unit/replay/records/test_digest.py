"""Vectors D1 to D7, the selection digest and the plan hash of the reference, and what keeps them honest."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pyarrow as pa
import pytest

from workbench.model.records.columns import RECORD
from workbench.replay.records.digest import (
    body_digests,
    body_sha256,
    canonical,
    plan_hash,
    selection_sha256,
    token,
)

D4_HEADERS = ((b"a", None), (b"a", b""), (b"h", b"1"))
D5_HEADERS = ((b"a", b""), (b"a", None), (b"h", b"1"))
X_REPLAY = ((b"x-replay-id", b"r"), (b"x-replayed-at", b"2026-01-01T00:00:00Z"))
D1 = "41074cff4e28c1ba56a02b9a5144e628c5c4825b326d111b4ff6136f7ff4d579"

DIGESTS = {
    "D1": (b"k", b"v", (), D1),
    "D2": (None, None, (), "b0f66adc83641586656866813fd9dd0b8ebb63796075661ba45d1aa8089e1d44"),
    "D3": (b"", b"", (), "1ea2f0c131c8baaf16af1b3402b6a969b6d001868a0014b1b9d42f688a338c0a"),
    "D4": (b"k", None, D4_HEADERS, "51c4d8485c3d4482e7403eb9411e502c4d7e2a99fb0e7f5e68fe623f87c5d4e8"),
    "D5": (b"k", None, D5_HEADERS, "979474f154b1026487866a6a652dd3ec8c2e0a04f85ea26772c734e8ed7041b4"),
    "D6": (b"k", b"v", ((b"\xff", b"x"),), "c116450a8e49cd7510a769213690b4c86404e452ddafcc7b81d636331be1218d"),
    "D7": (b"k", b"v", X_REPLAY, D1),
}
BODIES = {
    "D1": "01000000016b01000000017600000000",
    "D2": "000000000000",
    "D3": "0100000000010000000000000000",
    "D4": "01000000016b0000000003010000000161000100000001610100000000010000000168010000000131",
    "D7": "01000000016b01000000017600000000",
}
PLAN = (
    '{"headers":"provenance","ids":"same","mode":"recording","order":"offset","partitions":"keep","rate":'
    '{"bytes_per_s":null,"max_gap_ms":null,"pace":[4,1],"records_per_s":100},"records":3,"run_id":'
    '"6f1d2c3b-4a59-4e68-8c77-0123456789ab","selection_sha256":'
    '"edc32e89be151d120f7099f4ff91fe2474a3c8a3ed45e142bfbaf04c8cfe314b","source":{"cluster":"demo","isolation":'
    '"read_committed","topics":["orders"]},"target":{"cluster":"demo","topics":{"orders":"orders.replay.6f1d2c3b"}},'
    '"timestamps":"keep","version":1}'
)


@pytest.mark.parametrize("name", DIGESTS)
def test_body_digest_vectors(name):
    key, value, headers, digest = DIGESTS[name]
    assert body_sha256(key, value, headers).hex() == digest
    if name in BODIES:
        assert hashlib.sha256(bytes.fromhex(BODIES[name])).hexdigest() == digest


def test_digests_of_a_table_are_the_same_as_one_by_one():
    table = pa.Table.from_pylist(
        [
            {
                "partition": 0,
                "offset": at,
                "timestamp_ms": 0,
                "timestamp_type": 0,
                "key": key,
                "value": value,
                "headers": [{"name": name, "value": content} for name, content in headers],
            }
            for at, (key, value, headers, _) in enumerate(DIGESTS.values())
        ],
        schema=RECORD,
    )
    expected = [digest for *_, digest in DIGESTS.values()]
    assert [bytes(digest).hex() for digest in body_digests(table)] == expected
    shifted = pa.concat_tables([table.slice(3), table.slice(0, 2)])
    assert [bytes(digest).hex() for digest in body_digests(shifted)] == expected[3:] + expected[:2]


def test_selection_vector():
    table = pa.table(
        {
            "topic": ["orders"] * 3,
            "partition": pa.array([0] * 3, pa.int32()),
            "offset": [10, 11, 12],
            "timestamp_ms": [1_700_000_000_000 + at for at in range(3)],
            "timestamp_type": pa.array([0] * 3, pa.int8()),
        },
    )
    digests = np.array([list(body_sha256(b"k", f"v{at}".encode())) for at in range(3)], np.uint8)
    assert selection_sha256(table, digests) == "edc32e89be151d120f7099f4ff91fe2474a3c8a3ed45e142bfbaf04c8cfe314b"


def test_plan_hash_vector():
    document = json.loads(PLAN)
    assert canonical(document) == PLAN.encode()
    assert plan_hash(document) == "be9f0e351983aa54f9a85214f11b7fdc7bf671951fa12b8aa93f86dc7d631acf"
    assert plan_hash(document) == hashlib.sha256(PLAN.encode()).hexdigest()
    assert token(plan_hash(document)) == "be9f0e35"


def test_canonical_json_keeps_text_as_it_is_and_refuses_floats():
    assert canonical({"b": "Zürich", "a": [1, None]}) == '{"a":[1,null],"b":"Zürich"}'.encode()
    with pytest.raises(TypeError, match=r"plan\.rate\.pace is the float 4\.0"):
        canonical({"rate": {"pace": 4.0}})
