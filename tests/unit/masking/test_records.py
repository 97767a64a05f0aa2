"""Keys, headers and values of records are masked in columns, and what changed is marked."""

from __future__ import annotations

import pyarrow as pa

from workbench.config.masking import MaskingRule
from workbench.masking.actions import replacer
from workbench.masking.records import TopicMask
from workbench.model.records.columns import EVENT, MASKED_HEADER, RECORD

MARK = MASKED_HEADER.encode()


def rows(*records: tuple):
    listed = [
        {
            "partition": 0,
            "offset": number,
            "timestamp_ms": 0,
            "timestamp_type": 0,
            "key": key,
            "value": value,
            "headers": [{"name": name, "value": data} for name, data in headers],
        }
        for number, (key, value, headers) in enumerate(records)
    ]
    return pa.RecordBatch.from_pylist(listed, schema=RECORD)


def made(batch, decoder=None, **facts):
    rule = MaskingRule(topics=("*",), **{"action": "replace", **facts})
    return TopicMask([(rule, replacer(rule, "a long enough salt"))]).masked(batch, decoder, "t")


def headers_of(batch):
    return [[(one["name"], one["value"]) for one in row] for row in batch.column("headers").to_pylist()]


def test_keys_are_masked_and_null_stays_null():
    batch = made(rows((b"k", b"v", ()), (None, b"v", ()), (b"k", None, ())), key=True)
    assert batch.column("key").to_pylist() == [b"***", None, b"***"]
    assert batch.column("value").to_pylist() == [b"v", b"v", None]
    assert headers_of(batch) == [[(MARK, b"key")], [], [(MARK, b"key")]]
    assert batch.schema == RECORD


def test_headers_are_masked_by_pattern_whatever_their_case():
    batch = rows(
        (b"k", b"v", ((b"Authorization", b"s"), (b"a", b"1"), (b"authorization", None))), (b"k", b"v", ((b"a", b"1"),))
    )
    assert headers_of(made(batch, headers=("auth*",))) == [
        [(b"Authorization", b"***"), (b"a", b"1"), (b"authorization", None), (MARK, b"headers")],
        [(b"a", b"1")],
    ]
    assert headers_of(made(batch, headers=("auth*",), action="remove"))[0] == [(b"a", b"1"), (MARK, b"headers")]
    assert headers_of(made(batch, allow_headers=("authorization",)))[1] == [(b"a", b"***"), (MARK, b"headers")]
    assert headers_of(made(batch, allow_headers=()))[1] == [(b"a", b"***"), (MARK, b"headers")]


def test_values_are_masked_and_tombstones_stay():
    batch = made(rows((b"k", b'{"a": 1}', ()), (b"k", None, ()), (b"k", b'{"b": 1}', ())), paths=("a",))
    assert batch.column("value").to_pylist() == [b'{"a": "***"}', None, b'{"b": 1}']
    assert headers_of(batch) == [[(MARK, b"value")], [], []]


class Decoder:
    """Reads every value that it is given, but ``?``."""

    def __init__(self, reads_all) -> None:
        self.reads_all = reads_all
        self.asked = []

    def reads_other_formats(self, topic):
        return self.reads_all

    def decode(self, records, topic):
        self.asked.append(records.num_rows)
        texts = [None if value == b"?" else '{"a": 2, "c": 3}' for value in records.column("value").to_pylist()]
        columns = [pa.array(texts) if field.name == "decoded" else pa.nulls(len(texts), field.type) for field in EVENT]
        return pa.RecordBatch.from_arrays(columns, names=EVENT.names)


def test_values_of_other_formats_are_decoded_first():
    decoder = Decoder(reads_all=False)
    batch = rows((b"k", b"\x00avro", ()), (b"k", b'{"b": 1}', ()), (b"k", b"?", ()))
    shown = made(batch, decoder, paths=("a",))
    assert decoder.asked == [1]
    assert shown.column("value").to_pylist()[:2] == [b'{"a": "***", "c": 3}', b'{"b": 1}']
    assert b"masked" in shown.column("value")[2].as_py()
    made(batch.slice(1, 1), decoder, paths=("a",))
    assert decoder.asked == [1]
    # Where the settings fix a format, JSON that a value looks like is not what it says.
    decoder = Decoder(reads_all=True)
    assert made(batch, decoder, paths=("a",)).column("value")[1].as_py() == b'{"a": "***", "c": 3}'
    assert decoder.asked == [3]


def test_slices_and_unknown_headers():
    batch = rows((b"k", b"v", ()), (b"s", b"v", ((b"x", b"1"),)), (b"t", b"v", ())).slice(1, 1)
    assert headers_of(made(batch, headers=("x",), key=True)) == [[(b"x", b"***"), (MARK, b"key headers")]]
    untimed = batch.set_column(
        6, RECORD.field("headers").with_nullable(True), pa.nulls(1, RECORD.field("headers").type)
    )
    assert made(untimed, key=True).column("headers").to_pylist() == [[{"name": MARK, "value": b"key"}]]
    assert made(batch.slice(0, 0), key=True).num_rows == 0
