"""Messages of a .proto text, as google.protobuf makes and reads them."""

from __future__ import annotations

import functools
from typing import Any

from google.protobuf import descriptor_pool, json_format, message_factory

from workbench.decoding.formats.protobuf.descriptors import files_of_content, files_of_schema
from workbench.decoding.formats.protobuf.program import compile_files
from workbench.model.schemas import Schema

ALL = """
syntax = "proto3";
package shop;
import "google/protobuf/any.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";

enum State { UNKNOWN = 0; PAID = 1; BACK = -3; }

message Money { int64 cents = 1; string currency = 2; }

message Order {
  string event_id = 1;
  string correlation_id = 2;
  string event_type = 3;
  double d = 4; float f = 5; int32 i32 = 6; int64 i64 = 7; uint32 u32 = 8; uint64 u64 = 9;
  sint32 s32 = 10; sint64 s64 = 11; fixed32 x32 = 12; fixed64 x64 = 13; sfixed32 y32 = 14; sfixed64 y64 = 15;
  bool b = 16; bytes raw = 17; State state = 18;
  repeated int64 numbers = 19; repeated string tags = 20; repeated Money sums = 21; repeated State states = 22;
  map<string, Money> by_name = 23; map<int32, State> by_number = 24; map<bool, double> by_bool = 25;
  Money total = 26;
  oneof pay { string card = 27; Money cash = 28; int32 points = 29; }
  optional int32 maybe = 30;
  google.protobuf.Timestamp at = 31; google.protobuf.Duration took = 32; google.protobuf.Struct more = 33;
  google.protobuf.Any any = 34; google.protobuf.FieldMask mask = 35; google.protobuf.Int64Value wrapped = 36;
  google.protobuf.Value value = 37; google.protobuf.ListValue list = 38;
  Order inner = 39;
  message Line { message Part { string name = 1; } Part part = 1; string sku = 2; }
  repeated Line lines = 40;
  repeated double doubles = 600;
}
"""


@functools.cache
def known(text: str = ALL) -> tuple[Any, Any]:
    """Compile a .proto text once; returns its reader and the pool of google.protobuf with the same files."""
    files, main = files_of_schema(Schema(1, "PROTOBUF", text), {})
    pool = descriptor_pool.DescriptorPool()
    for file in files:
        pool.Add(file)
    return compile_files(files, main), pool


def reader_of(text: str, message: str = "") -> Any:
    """Compile a .proto text as the file of a topic."""
    return compile_files(*files_of_content(text.encode()), message)


def message_of(name: str, values: dict[str, Any] | None = None, text: str = ALL) -> Any:
    """Make a message with the values that JSON gives."""
    pool = known(text)[1]
    made = message_factory.GetMessageClass(pool.FindMessageTypeByName(name))()
    return made if values is None else json_format.ParseDict(values, made, descriptor_pool=pool)


def as_json(message: Any, text: str = ALL) -> Any:
    """Write a message as google.protobuf does, with the names of the file and with defaults."""
    return json_format.MessageToDict(
        message,
        preserving_proto_field_name=True,
        always_print_fields_with_no_presence=True,
        descriptor_pool=known(text)[1],
    )


def with_whole_numbers(tree: Any) -> Any:
    """Return a tree in which texts of digits are numbers: google.protobuf writes 64-bit integers as texts."""
    if isinstance(tree, dict):
        return {name: with_whole_numbers(value) for name, value in tree.items()}
    if isinstance(tree, list):
        return [with_whole_numbers(value) for value in tree]
    return int(tree) if isinstance(tree, str) and tree.lstrip("-").isdecimal() else tree
