"""Messages of a .proto text, as google.protobuf makes and reads them."""

from __future__ import annotations

import functools
from typing import Any

from google.protobuf import descriptor_pool, json_format, message_factory
from hypothesis import strategies as st

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

MONEY = {"cents": 5, "currency": "EUR"}
CASES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "texts": {"event_id": 'é"\n\U0001f600', "tags": ["", "x"]},
    "numbers": {
        "d": 5e-324, "f": 0.5, "i32": -(2**31), "i64": -(2**63), "u32": 2**32 - 1, "u64": 2**64 - 1, "s32": -(2**31),
        "s64": -(2**63), "x32": 2**32 - 1, "x64": 2**64 - 1, "y32": -1, "y64": -(2**63), "numbers": [0, -1, 2**62],
        "doubles": [0.1, -2.5], "b": True,
    },
    "no numbers": {"d": "NaN", "doubles": ["Infinity", "-Infinity"]},
    "bytes": {"raw": "AP8B"},
    "enums": {"state": "BACK", "states": ["PAID", "UNKNOWN", "BACK"]},
    "an enum's number without a name": {"state": 77},
    "messages": {"total": MONEY, "sums": [MONEY, {}], "inner": {"inner": {"event_id": "deep"}}, "cash": MONEY},
    "maps": {"by_name": {"a": MONEY, "": {}}, "by_number": {"-1": "PAID", "0": "UNKNOWN"}, "by_bool": {"true": 1.5}},
    "a oneof with a default": {"points": 0, "maybe": 0},
    "times": {"at": "2026-01-02T03:04:05.678Z", "took": "-1.500s"},
    "times with nanoseconds": {"at": "0001-01-01T00:00:00.000000001Z", "took": "3.000001s"},
    "structs": {"more": {"a": [1.5, None, "x", {"b": True}]}, "value": None, "list": [True, {}]},
    "any": {"any": {"@type": "type.googleapis.com/shop.Money", "cents": 7, "currency": ""}},
    "any of a well-known type": {"any": {"@type": "type.googleapis.com/google.protobuf.Duration", "value": "1s"}},
    "a mask": {"mask": "a,b.c"},
    "a wrapper": {"wrapped": "0"},
}  # fmt: skip
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8).filter(
    lambda text: not text.lstrip("-").isdecimal()
)
MONIES = st.fixed_dictionaries({}, optional={"cents": st.integers(-(2**63), 2**63 - 1), "currency": TEXTS})
ORDERS = st.fixed_dictionaries(
    {},
    optional={
        "event_id": TEXTS,
        "d": st.floats(allow_nan=False, allow_infinity=False),
        "s64": st.integers(-(2**63), 2**63 - 1),
        "numbers": st.lists(st.integers(-(2**63), 2**63 - 1)),
        "tags": st.lists(TEXTS),
        "sums": st.lists(MONIES),
        "by_name": st.dictionaries(TEXTS, MONIES, max_size=1),
        "total": MONIES,
        "states": st.lists(st.sampled_from(["UNKNOWN", "PAID", "BACK"])),
    },
)
ODD = {
    "fields in another order": b"\x18\x01" + b"\x0a\x01x",
    "a field twice": b"\x0a\x01x\x0a\x01y",
    "a list in two places": b"\x12\x01\x01\x0a\x01x\x12\x02\x02\x03",
    "a list without packing": b"\x10\x01\x10\x02\x12\x01\x03",
    "two members of a oneof": b"\x20\x01\x2a\x01z",
    "an entry without its key": b"\x32\x02\x10\x07",
    "an entry without its value": b"\x32\x03\x0a\x01k",
    "an entry whose value comes first": b"\x32\x05\x10\x07\x0a\x01k",
    "an unknown field": b"\x0a\x01x\x78\x05",
    "a message in two parts": b"\x3a\x03\x0a\x01x\x3a\x02\x18\x09",
    "an odd message inside": b"\x3a\x05\x18\x01\x0a\x01x",
    "a long form of a number": b"\x18\x81\x80\x00",
    "a number of 64 bits for one of 32": b"\x18\x81\x80\x80\x80\x80\x80\x01",
}


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
