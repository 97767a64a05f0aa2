"""What is fuzzed: functions that take any bytes. They may refuse them in the documented way, and do nothing else."""

from __future__ import annotations

import contextlib
import functools
import json
from struct import Struct
from typing import TYPE_CHECKING

import google_crc32c
import numpy as np
from packing import exactly, record_batch, unpacked
from payload_schemas import FORMATS

from workbench.bus.kafka.fetching import batch_headers, compression, pieces
from workbench.bus.kafka.fetching.bounded import decode_bounded
from workbench.bus.kafka.fetching.compression import Workspace
from workbench.bus.kafka.fetching.records import CorruptRecords, OversizedRecords, first_record, parse, whole_records
from workbench.config.masking import MaskingRule
from workbench.decoding import Decoder, builtin_conventions, make_convention
from workbench.decoding.conventions.filters import FILTERS
from workbench.decoding.formats.json import JsonFormat, parse_json
from workbench.decoding.native.members import MemberTable
from workbench.decoding.native.path_texts import path_texts
from workbench.decoding.times import PARSERS
from workbench.masking.actions import replacer
from workbench.masking.values import ValueMask
from workbench.model.records.columns import EVENT, HEADERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.model.records.chunk import Isolation

_CRC = Struct(">I")
_LENGTH = Struct(">i")
_CRC_AT, _CHECKED_FROM = 17, 21
_HEADER_BYTES = 61
_RIGHT_CHECKSUMS, _COMMITTED, _SMALL_PIECES, _SMALL_RECORDS = 1, 2, 4, 8
_COUNTS = 4


def answers(data: bytes) -> None:
    """Record batches of a fetch answer; but for the flags in the first byte, their checksums are made right."""
    if not data:
        return
    flags, answer = data[0], bytearray(data[1:])
    if flags & _RIGHT_CHECKSUMS:
        _right_checksums(answer)
    isolation: Isolation = "read_committed" if flags & _COMMITTED else "read_uncommitted"
    found = batch_headers.scan(bytes(answer), 0, len(answer), isolation=isolation)
    batch_headers.damaged_head(bytes(answer), 0, len(answer))
    # Small limits, so that a short input is unpacked in pieces as a large one would be.
    compression.MOST_BYTES, pieces.PIECE_BYTES = (100, 50) if flags & _SMALL_PIECES else (1 << 20, 1 << 16)
    memory, largest = memoryview(exactly(bytes(answer))), 60 if flags & _SMALL_RECORDS else 1 << 20
    for part in decode_bounded(memory, 0, found, 0, None, workspace=Workspace(), largest=largest):
        part.records.validate(full=True)


def records(data: bytes) -> None:
    """Records of two batches, with any counts, whole and in pieces."""
    if len(data) < _COUNTS:
        return
    memory = exactly(data[_COUNTS:])
    largest = data[2] or 1 << 20
    with contextlib.suppress(CorruptRecords, OversizedRecords):
        whole_records(memory, largest, data[0])
    with contextlib.suppress(CorruptRecords):
        first_record(memory)
    cut = min(data[3], len(memory))
    try:
        offset, time, *payload = parse(memory, [(0, cut, data[0]), (cut, len(memory), data[1])], HEADERS, largest)
    except (CorruptRecords, OversizedRecords):
        return
    assert {len(column) for column in (offset, time, *payload)} == {data[0] + data[1]}
    for array in payload:
        array.validate(full=True)


def json_bodies(data: bytes) -> None:
    """The scanner of JSON bodies: what it does not refuse is JSON, and the texts of its members are UTF-8."""
    values = data.split(b"\x1e")
    events = _reader().decode(record_batch([([], value) for value in values]), _TOPICS[0])
    events.validate(full=True)
    for value, kind in zip(values, events["format"].to_pylist(), strict=True):
        if kind == "json":
            JsonFormat().read(value)


def header_names(data: bytes) -> None:
    """Header lists of several records: their names, types, encodings, trace contexts and marks of copies."""
    lists = [unpacked(part)[0] for part in data.split(b"\x1e")]
    _reader().decode(record_batch([(headers, None) for headers in lists]), _TOPICS[0]).validate(full=True)


def fixed_texts(data: bytes) -> None:
    """Times by every parser, ids, and each filter."""
    batch = record_batch([([(b"h", text)], None) for text in data.split(b"\x1e")])
    for decoder in _text_readers():
        decoder.decode(batch, _TOPICS[0]).validate(full=True)


def decoded_records(data: bytes) -> None:
    """Headers and values of several records through the decoder."""
    rows = [unpacked(part) for part in data[1:].split(b"\x1e")]
    topic = _TOPICS[data[0] % len(_TOPICS)] if data else _TOPICS[0]
    # The same records again, because a group of records goes another way than a single one.
    events = _decoder().decode(record_batch(rows * (16 if data and data[0] & 0x80 else 1)), topic)
    assert events.schema == EVENT
    events.validate(full=True)


def payload_formats(data: bytes) -> None:
    """Avro, Protobuf with and without a schema, MessagePack and CBOR: what is read is JSON in UTF-8."""
    if not data:
        return
    topic = list(FORMATS)[data[0] % len(FORMATS)]
    values = data[1:].split(b"\x1e")
    # The same values again, because values of one schema are read together.
    events = _payload_reader().decode(record_batch([([], value) for value in [*values, *values]]), topic)
    events.validate(full=True)
    for text in filter(None, events["decoded"].to_pylist()):
        json.loads(text)


def masked_values(data: bytes) -> None:
    """Values masked in their bytes, by one of the policies: what is written is JSON, and nothing else of it changes."""
    if not data:
        return
    values = record_batch([([], value) for value in data[1:].split(b"\x1e")]).column("value")
    made, changed = _masks()[data[0] % len(_masks())].masked(values, None)
    made.validate(full=True)
    for value, shown, is_changed in zip(values.to_pylist(), made.to_pylist(), changed.tolist(), strict=True):
        if is_changed:
            parse_json(shown)
        assert is_changed or shown == value


def payload_texts(data: bytes) -> None:
    """What conditions take out of payloads: only of values that are JSON, and UTF-8."""
    values = record_batch([([], value) for value in data.split(b"\x1e")]).column("value")
    texts, known = path_texts(values, _paths(), np.array([-1, 0, 1, -1, 2], np.int32), 3)
    for column in texts:
        column.validate(full=True)
    for value, is_known in zip(values.to_pylist(), known.tolist(), strict=True):
        if is_known:
            parse_json(value)


_TOPICS = ("t", "onex.evt.platform.node-registered.v1", "inv.transaction", "outbox.event.order")
TARGETS: dict[str, Callable[[bytes], None]] = {
    "answers": answers,
    "records": records,
    "json_bodies": json_bodies,
    "header_names": header_names,
    "fixed_texts": fixed_texts,
    "decoded_records": decoded_records,
    "payload_formats": payload_formats,
    "masked_values": masked_values,
    "payload_texts": payload_texts,
}


def _right_checksums(answer: bytearray) -> None:
    at = 0
    while at + _HEADER_BYTES <= len(answer):
        stop = at + 12 + _LENGTH.unpack_from(answer, at + 8)[0]
        if not at + _HEADER_BYTES <= stop <= len(answer):
            return
        _CRC.pack_into(answer, at + _CRC_AT, google_crc32c.value(bytes(answer[at + _CHECKED_FROM : stop])))
        at = stop


@functools.cache
def _decoder() -> Decoder:
    return Decoder()


@functools.cache
def _payload_reader() -> Decoder:
    return Decoder(topic_formats=FORMATS)


@functools.cache
def _masks() -> list[ValueMask]:
    """Masks of every action, by paths and by what is allowed."""
    names = ("metadata", "payload.*", "**.id", "**.source.**", "event_id")
    rules = [
        MaskingRule(topics=("*",), action=action, **{kind: names})
        for action in ("replace", "remove", "hash", "keep_last")
        for kind in ("paths", "allow")
    ]
    made = [(rule, replacer(rule, "a salt of sixteen bytes")) for rule in rules]
    return [*(ValueMask([one]) for one in made), ValueMask([made[2], made[5], made[0]])]


@functools.cache
def _paths() -> MemberTable:
    return MemberTable({("metadata",): 1, ("event_id",): 2, ("a",): 3, ("a", "a"): 4})


@functools.cache
def _reader() -> Decoder:
    """Reads members of arrays and objects, headers of both kinds, and the built-in conventions."""
    own = {
        "strength": 5,
        "all": [["value:id", "value:list[]", "value:[]", "header:h"]],
        "event_id": ["value:id", "value:list[id=1].name", "value:[].id"],
        "correlation_id": ["trace:id", "value:meta.id + header?:H"],
        "cause": [["value:list[].links[].id", "value:list[]"], "header:h -> auto"],
        "event_type": ["value:meta.source", "topic:(.*)"],
    }
    return Decoder((make_convention("own", own), *builtin_conventions()))


@functools.cache
def _text_readers() -> list[Decoder]:
    filters = [*FILTERS, *[None] * (len(PARSERS) - len(FILTERS))]
    made = []
    for parser, name in zip(PARSERS, filters, strict=True):
        place = "header:h" if name is None else f"header:h | {name}"
        own = {"all": ["header:h"], "event_id": place, "event_type": place, "event_time": "header:h", "time": parser}
        made.append(Decoder((make_convention("own", own | {"cause": f"{place} -> auto"}),)))
    return made
