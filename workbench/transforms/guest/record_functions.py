"""The host functions of the module ``redpanda_transform``: a guest reads batches of records and writes records."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from workbench.text import counted, size_text
from workbench.transforms.guest.host import ENDED, End
from workbench.transforms.guest.memory import GuestFault
from workbench.transforms.payload import Payload, PayloadError, PayloadReader, decode_payload

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from workbench.transforms.batches import Batch, SourceRecord
    from workbench.transforms.guest.host import Host, HostFunction

TOO_SMALL = -2
MALFORMED = -2
REFUSED = -3

_HEADER = tuple(struct.Struct(f"<{letter}") for letter in "qiihiqqqhi")
"""Types of what `read_batch_header` stores, in order of its pointers."""
_I64 = struct.Struct("<q")
_TOPIC_OPTION = 1


@dataclass(frozen=True, slots=True)
class Output:
    """One record that a guest wrote."""

    topic: str
    payload: Payload


class Sink(Protocol):
    """Takes the outputs of one source record after another."""

    def done(self, source: SourceRecord | None, partition: int, outputs: list[Output]) -> None:
        """Take what was written for one record; an empty list where it wrote nothing.

        Args:
            source: The record; None for outputs that were written while no record was at work.
            partition: Its partition.
            outputs: Everything that was written for it, in order.
        """
        ...


class RecordFunctions:
    """Gives a guest the batches of one partition, and collects what it writes until each record is done."""

    def __init__(self, host: Host, batches: Iterator[Batch], sink: Sink) -> None:
        self._host = host
        self._batches = batches
        self._sink = sink
        self._outputs: list[Output] = []
        self._output_bytes = 0

    def functions(self) -> Mapping[str, HostFunction]:
        """Return the functions by name."""
        return {
            "check_abi_version_1": lambda: None,
            "check_abi_version_2": lambda: None,
            "read_batch_header": self._read_batch_header,
            "read_next_record": self._read_next_record,
            "write_record": self._write_record,
            "write_record_with_options": self._write_record_with_options,
        }

    def _read_batch_header(self, *pointers: int) -> int:
        host = self._host
        self._finish_record()
        host.batch = None
        batch = next(self._batches, None)
        if batch is None:
            host.stop(End("finished"))
            return ENDED
        host.batch, host.next_index = batch, 0
        host.timestamp_ms = batch.max_timestamp_ms
        first, last = batch.records[0], batch.records[-1]
        numbers = (
            first.offset,
            len(batch.records),
            0,  # leader epoch: not kept with captured records
            batch.attributes,
            last.offset - first.offset,
            first.timestamp_ms,
            batch.max_timestamp_ms,
            -1,  # producer id, epoch and sequence: not kept either
            -1,
            -1,
        )
        for pointer, layout, number in zip(pointers, _HEADER, numbers, strict=True):
            host.guest_memory.pack(pointer, layout, number)
        return batch.largest_payload

    def _read_next_record(self, attributes: int, timestamp: int, offset: int, buffer: int, length: int) -> int:
        host = self._host
        self._finish_record()
        if host.batch is None or host.next_index >= len(host.batch.records):
            return ENDED
        record = host.batch.records[host.next_index]
        if len(record.payload) > length & 0xFFFF_FFFF:
            return TOO_SMALL
        memory = host.guest_memory
        memory.write(attributes, b"\0")
        memory.pack(timestamp, _I64, record.timestamp_ms)
        memory.pack(offset, _I64, record.offset)
        memory.write(buffer, record.payload)
        host.next_index += 1
        host.record = record
        host.timestamp_ms = record.timestamp_ms
        host.refuel()
        host.charge(len(record.payload))
        return len(record.payload)

    def _write_record(self, buffer: int, length: int) -> int:
        if self._host.batch is None:
            return ENDED
        return self._emit(self._host.spec.output_topics[0], buffer, length)

    def _write_record_with_options(self, buffer: int, length: int, options: int, options_length: int) -> int:
        host = self._host
        if host.batch is None:
            return ENDED
        chosen = host.guest_memory.read(options, options_length)
        host.charge(len(chosen))
        try:
            topic = _topic_of(chosen)
        except PayloadError:
            return MALFORMED
        if topic is None:
            return self._emit(host.spec.output_topics[0], buffer, length)
        name = topic.decode("utf-8", "replace")
        if name not in host.spec.output_topics:
            return REFUSED
        return self._emit(name, buffer, length)

    def _emit(self, topic: str, buffer: int, length: int) -> int:
        host = self._host
        data = host.guest_memory.read(buffer, length)
        host.charge(len(data))
        try:
            payload = decode_payload(data)
        except PayloadError:
            return MALFORMED
        limits = host.limits
        self._output_bytes += len(data)
        if len(self._outputs) >= limits.outputs_per_record:
            raise GuestFault(f"It wrote more than {counted(limits.outputs_per_record, 'record')} for one record")
        if self._output_bytes > limits.output_bytes_per_record:
            raise GuestFault(f"It wrote more than {size_text(limits.output_bytes_per_record)} for one record")
        self._outputs.append(Output(topic, payload))
        return len(data)

    def _finish_record(self) -> None:
        """Hand on what was written for the record at work: it counts as done when the next one is asked for."""
        host = self._host
        if host.batch is not None and (host.record is not None or self._outputs):
            self._sink.done(host.record, host.batch.partition, self._outputs)
        host.record, self._outputs, self._output_bytes = None, [], 0


def _topic_of(options: bytes) -> bytes | None:
    """Read the options of a write: nothing, or one topic name.

    Raises:
        PayloadError: They are anything else.
    """
    if not options:
        return None
    if options[0] != _TOPIC_OPTION:
        raise PayloadError(f"The option {options[0]} is not known; {_TOPIC_OPTION} is a topic.")
    reader = PayloadReader(options[1:])
    topic = reader.sized("the topic name")
    reader.finish()
    if topic is None:
        raise PayloadError("The topic name is null.")
    return topic
