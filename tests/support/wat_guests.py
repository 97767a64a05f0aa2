"""Data transforms in WebAssembly text, built from the part that differs, and a way to run one over some records."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.model.records.columns import RECORD
from workbench.transforms.batches import cut_batches
from workbench.transforms.guest.module import check_module
from workbench.transforms.running.partition_run import PartitionRun
from workbench.transforms.running.spool import OutputSpool
from workbench.transforms.spec import TransformSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MARK = '(import "redpanda_transform" "check_abi_version_1" (func $mark))'
MARK_2 = '(import "redpanda_transform" "check_abi_version_2" (func $mark2))'
FUNCTIONS = """
  (import "redpanda_transform" "read_batch_header"
    (func $header (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "redpanda_transform" "read_next_record" (func $next (param i32 i32 i32 i32 i32) (result i32)))
  (import "redpanda_transform" "write_record" (func $write (param i32 i32) (result i32)))
  (import "redpanda_transform" "write_record_with_options" (func $write_to (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
"""
HEADER = """(call $header (i32.const 0) (i32.const 8) (i32.const 12) (i32.const 16) (i32.const 20)
    (i32.const 24) (i32.const 32) (i32.const 40) (i32.const 48) (i32.const 52))"""
NEXT = "(call $next (i32.const 64) (i32.const 72) (i32.const 80) (i32.const 4096) (i32.const 60000))"
WRITE_IT = "(drop (call $write (i32.const 4096) (local.get $length)))"
"""Where the record is, and how long it is: what the part of a guest that handles one record knows."""


def guest(
    record: str = WRITE_IT,
    *,
    imports: str = "",
    before: str = "",
    each_batch: str = "",
    rest: str = "",
    memory: str = "2",
    mark: str = MARK,
) -> str:
    """A transform that does something with each record.

    Args:
        record: Instructions for one record, which is at 4096 and ``$length`` bytes long; ``$n`` counts them from 0.
        imports: Further imports.
        before: Instructions before the first batch.
        each_batch: Instructions behind each batch header.
        rest: Functions and data.
        memory: Its pages, first and perhaps most.
        mark: The import that marks the version.
    """
    return f"""(module {mark} {FUNCTIONS} {imports}
  (memory (export "memory") {memory})
  {rest}
  (func (export "_start") (local $length i32) (local $n i32) (local $i i32)
    {before}
    (loop $batch
      (if (i32.lt_s {HEADER} (i32.const 0)) (then (return)))
      {each_batch}
      (loop $record
        (local.set $length {NEXT})
        (br_if $batch (i32.eq (local.get $length) (i32.const -1)))
        {record}
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br $record)))))"""


def log(text: str, file: int = 1) -> str:
    """Instructions that write a text, which is stored at 2048 first; a new line is added."""
    data = f"{text}\n".encode()
    stored = " ".join(f"(i32.store8 (i32.const {2048 + at}) (i32.const {byte}))" for at, byte in enumerate(data))
    return f"""{stored} (i32.store (i32.const 2032) (i32.const 2048)) (i32.store (i32.const 2036) (i32.const {len(data)}))
      (drop (call $fd_write (i32.const {file}) (i32.const 2032) (i32.const 1) (i32.const 2040)))"""  # noqa: E501


def records(values: Iterable[bytes | None], *, first: int = 0, **more: Any) -> pa.Table:
    """Records of one partition with these values."""
    rows = [
        {
            "partition": 0,
            "offset": first + number,
            "timestamp_ms": 1_000 + number,
            "timestamp_type": 0,
            "key": b"k%d" % number,
            "value": value,
            "headers": [],
            **more,
        }
        for number, value in enumerate(values)
    ]
    return pa.Table.from_pylist(rows, schema=RECORD)


def run(
    text: str,
    rows: pa.Table | None = None,
    *,
    outputs: tuple[str, ...] = ("out", "other"),
    environment: Mapping[str, str] | None = None,
    **options: Any,
) -> tuple[PartitionRun, list[dict[str, Any]]]:
    """Run a guest over records, and return the run and what it wrote."""
    spec = TransformSpec(name="view", input_topic="in", output_topics=outputs, environment=dict(environment or {}))
    spool = OutputSpool()
    batches = cut_batches(records([b"a", b"b", b"c"]) if rows is None else rows)
    with contextlib.closing(spool):
        made = PartitionRun(check_module("view", text.encode()), spec, 0, batches=batches, sink=spool, **options)
        made.run()
        return made, spool.table().to_pylist()
