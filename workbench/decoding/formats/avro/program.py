"""Makes the program of an Avro schema: nodes that a compiled reader follows (`workbench.decoding.native.avro`).

With a reader's schema, too, the program reads what the writer wrote and gives what the reader expects (Avro
specification, "Schema Resolution"): fields by name or alias, defaults of those that were not written, promoted numbers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.decoding.formats.avro.defaults import default_text
from workbench.decoding.formats.avro.names import PRIMITIVES, AvroSchema
from workbench.decoding.formats.avro.place import Place, member
from workbench.decoding.formats.schema_error import SchemaError
from workbench.decoding.native.avro import KINDS, AvroReader

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MOST_NODES = 200_000
_MOST_SCALE = 1_000
_NO_NODE = -1
_PROMOTED = {
    "int": ("long", "float", "double"),
    "long": ("float", "double"),
    "float": ("double",),
    "string": ("bytes",),
    "bytes": ("string",),
}
_DECIMALS_OF_A_SECOND = {"millis": 3, "micros": 6, "nanos": 9}

Row = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class AvroProgram:
    """The nodes that read, or write, the values of a schema; see `workbench.decoding.native.avro`.

    Attributes:
        nodes: Kind, first, count and size of each; the first is the value. The size of a number is its bits.
        parts: The list that nodes point into.
        texts: Texts of JSON: names with their colons, symbols, whole members.
    """

    nodes: Sequence[Row]
    parts: Sequence[int]
    texts: Sequence[bytes]

    def reader(self) -> AvroReader:
        """Make the compiled reader."""
        ends = np.cumsum([0, *map(len, self.texts)]).astype(np.int32)
        parts = np.array([*self.parts, 0], np.int32)
        return AvroReader(np.array(self.nodes, np.int32), parts, ends, b"".join(self.texts))


def compile_schema(writer: AvroSchema, reader: AvroSchema | None = None) -> AvroReader:
    """Make the reader of values that were written with a schema, perhaps as another schema expects them.

    Raises:
        SchemaError: A schema is not valid, or the reader's does not fit the writer's.
    """
    return program_of(writer, reader).reader()


def program_of(writer: AvroSchema, reader: AvroSchema | None = None) -> AvroProgram:
    """Make the program of a schema; see `compile_schema`.

    Raises:
        SchemaError: A schema is not valid, or the reader's does not fit the writer's.
    """
    try:
        return _Compiler().program(Place(writer, writer.root, ""), Place(reader, reader.root, "") if reader else None)
    except RecursionError as error:
        raise SchemaError("the schema is nested too deeply") from error
    except (AttributeError, KeyError, TypeError) as error:
        raise SchemaError(f"the schema is not valid: {type(error).__name__}: {error}") from error


class _Compiler:
    def __init__(self) -> None:
        self._nodes: list[Row] = []
        self._parts: list[int] = []
        self._texts: list[bytes] = []
        self._numbers: dict[bytes, int] = {}
        self._known: dict[tuple[str, str], int] = {}

    def program(self, writer: Place, reader: Place | None) -> AvroProgram:
        if self._node(writer, reader) != 0:
            raise SchemaError("the schema has no first type")
        return AvroProgram(self._nodes, self._parts, self._texts)

    def _node(self, writer: Place, reader: Place | None) -> int:
        """Add the node of a type, or find that of a named type; the reader's type is None where it is the writer's."""
        if reader is not None and reader.kind == "union" and writer.kind != "union":
            reader = _branch_for(writer, reader)
        key = (writer.name, "" if reader is None else reader.name or reader.kind)
        if writer.name and key in self._known:
            return self._known[key]
        if len(self._nodes) >= _MOST_NODES:
            raise SchemaError(f"the schema has more than {_MOST_NODES} types")
        number = len(self._nodes)
        self._nodes.append((0, 0, 0, 0))
        if writer.name:
            self._known[key] = number
        if reader is not None and not _fits(writer, reader):
            raise SchemaError(f"the reader's schema has {reader.kind} where {writer.kind} was written")
        self._nodes[number] = self._row(writer, reader)
        return number

    def _row(self, writer: Place, reader: Place | None) -> Row:
        definition = writer.definition
        match writer.kind:
            case "record":
                return self._record(writer, reader)
            case "enum":
                symbols = member(definition, "symbols", list)
                return self._list("enum", [self._symbol(symbol, reader) for symbol in symbols])
            case "union":
                return self._list("union", [self._branch(writer.below(branch), reader) for branch in definition])
            case "array" | "map" as kind:
                inner = "items" if kind == "array" else "values"
                below = None if reader is None else reader.below(reader.definition.get(inner))
                return KINDS[kind], self._node(writer.below(definition.get(inner)), below), 0, 0
        return _plain(writer, writer if reader is None else reader)

    def _list(self, kind: str, numbers: list[int]) -> Row:
        first = len(self._parts)
        self._parts += numbers
        return KINDS[kind], first, len(numbers), 0

    def _branch(self, branch: Place, reader: Place | None) -> int:
        try:
            return self._node(branch, reader)
        except SchemaError:
            if reader is None:
                raise
            return _NO_NODE

    def _symbol(self, symbol: Any, reader: Place | None) -> int:
        if reader is not None and symbol not in reader.definition["symbols"]:
            symbol = reader.definition.get("default")
        return _NO_NODE if symbol is None else self._text(_quoted(symbol))

    def _text(self, text: bytes) -> int:
        number = self._numbers.get(text)
        if number is None:
            number = self._numbers[text] = len(self._texts)
            self._texts.append(text)
        return number

    def _record(self, writer: Place, reader: Place | None) -> Row:
        pairs: list[int] = []
        expected = {} if reader is None else _fields_by_name(reader)
        written = set()
        for part in member(writer.definition, "fields", list):
            name, below = part["name"], writer.below(part["type"])
            if reader is None:
                pairs += [self._text(_quoted(name) + b":"), self._node(below, None)]
            elif name in expected:
                wanted = expected[name]
                written.add(wanted["name"])
                pairs += [self._text(_quoted(wanted["name"]) + b":"), self._node(below, reader.below(wanted["type"]))]
            else:
                pairs += [_NO_NODE, self._node(below, None)]
        for wanted in () if reader is None else member(reader.definition, "fields", list):
            if wanted["name"] not in written:
                if "default" not in wanted:
                    raise SchemaError(f"the reader's field {wanted['name']} was not written and has no default")
                place = reader.below(wanted["type"]) if reader is not None else writer
                pairs += [self._text(_quoted(wanted["name"]) + b":" + default_text(place, wanted["default"])), _NO_NODE]
        kind, first, count, size = self._list("record", pairs)
        return kind, first, count // 2, size


def _fields_by_name(reader: Place) -> dict[str, Mapping[str, Any]]:
    fields = member(reader.definition, "fields", list)
    aliases = {alias: part for part in fields for alias in part.get("aliases") or ()}
    return {**aliases, **{part["name"]: part for part in fields}}


def _branch_for(writer: Place, union: Place) -> Place:
    """Return the branch of the reader's union for what was written: the same type, else one that it is promoted to."""
    branches = [union.below(branch) for branch in union.definition]
    for same in (True, False):
        for branch in branches:
            named = not writer.name or _last(branch.name) == _last(writer.name)
            if (branch.kind == writer.kind and named) if same else _fits(writer, branch):
                return branch
    raise SchemaError(f"the reader's union has no branch for {writer.kind}")


def _fits(writer: Place, reader: Place) -> bool:
    if writer.kind == "union":
        return True
    if writer.kind == "fixed" == reader.kind:
        return bool(writer.definition.get("size") == reader.definition.get("size"))
    return reader.kind == writer.kind or reader.kind in _PROMOTED.get(writer.kind, ())


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _quoted(name: Any) -> bytes:
    if not isinstance(name, str):
        raise SchemaError("a name of a field or symbol is no text")
    return json.dumps(name).encode()


def _plain(writer: Place, meant: Place) -> Row:
    """Make the node of a type without parts: bytes as they were written, with the reader's meaning."""
    size = -1
    if writer.kind == "fixed":
        size = member(writer.definition, "size", int)
        if not 0 <= size < 1 << 31:
            raise SchemaError(f"a fixed has the size {size}")
    logical = meant.logical
    if writer.kind in ("int", "long"):
        return _number(writer.kind, logical, meant)
    if writer.kind in ("bytes", "fixed"):
        scale = (meant.definition.get("scale") or 0) if logical == "decimal" and meant.kind != "string" else -1
        if isinstance(scale, int) and 0 <= scale <= _MOST_SCALE:
            return KINDS["decimal"], scale, 0, size
        if writer.kind == "fixed":
            name = {("uuid", 16): "uuid", ("duration", 12): "duration"}.get((logical, size), "fixed")
            return KINDS[name], 0, 0, size
        return KINDS["string" if meant.kind == "string" else "bytes"], 0, 0, size
    if writer.kind not in PRIMITIVES:
        raise SchemaError(f"there is no type {writer.kind[:200]!r}")
    if writer.kind == "string" and meant.kind == "bytes":
        return KINDS["bytes"], 0, 0, size
    return KINDS[writer.kind], 0, 0, size


def _number(kind: str, logical: str, meant: Place) -> Row:
    bits = 32 if kind == "int" else 64
    if meant.kind in ("int", "long"):
        name, _, unit = logical.rpartition("-")
        digits = _DECIMALS_OF_A_SECOND.get(unit)
        if logical == "date" and kind == "int":
            return KINDS["date"], 0, 0, bits
        if name == "time" and digits is not None and digits < 9:  # noqa: PLR2004 - a time has no nanoseconds
            return KINDS["time"], digits, 0, bits
        if name in ("timestamp", "local-timestamp") and digits is not None:
            return KINDS["timestamp"], digits, int(name == "timestamp"), bits
    return KINDS["long"], 0, 0, bits
