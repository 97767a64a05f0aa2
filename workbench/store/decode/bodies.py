"""JSON bodies of a batch, by shape: the set of top-level members that any profile reads.

DuckDB parses: one statement finds the members of all values, then one per shape extracts every path in one call.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from workbench.codecs.selectors import Items
from workbench.store.decode.arrays import (
    BACKSLASH,
    data_of,
    first_bytes,
    flags,
    group_ids,
    one_array,
    runs,
    valid_rows,
)
from workbench.store.decode.strictness import unstrict_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import duckdb
    from numpy.typing import NDArray

    from workbench.codecs.profile import Profile

Path = tuple[str, ...]
"""Member names from the top."""

ABSENT, NULL, EMPTY, TEXT, BOOLEAN, NUMBER, OBJECT, ARRAY = range(8)
_KIND_OF = np.zeros(256, np.uint8)
_KIND_OF[np.frombuffer(b"-0123456789NnIi", np.uint8)] = NUMBER
for _letter, _kind in (("n", NULL), ('"', TEXT), ("t", BOOLEAN), ("f", BOOLEAN), ("{", OBJECT), ("[", ARRAY)):
    _KIND_OF[ord(_letter)] = _kind
_EXACT_NUMBER = r"^-?[1-9][0-9]*$"
_BITS = 62
_MAY_BEGIN_OBJECT = frozenset(b"{ \t\n\r\xef")
_WRAPPER: frozenset[Path] = frozenset({("schema",), ("payload",)})
_PREFIX_BYTES = 5


@dataclass(frozen=True, slots=True)
class Members:
    """Every member that profiles read, and the objects that hold them."""

    paths: tuple[Path, ...]
    """Members by their path, those at the top first, each with all that lead to it."""
    parents: tuple[Path, ...]
    """Objects whose members are listed; the first is the body itself."""

    @property
    def top(self) -> tuple[Path, ...]:
        """The paths at the top."""
        return tuple(path for path in self.paths if len(path) == 1)

    @property
    def top_words(self) -> int:
        """How many words of a bit mask the paths at the top fill; the others begin with the next."""
        return -(-len(self.top) // _BITS)

    @property
    def bits(self) -> dict[Path, int]:
        """Place of each path in a bit mask."""
        first = self.top_words * _BITS - len(self.top)
        return {path: at if len(path) == 1 else first + at for at, path in enumerate(self.paths)}


def members_read(profiles: Iterable[Profile]) -> Members:
    """Members that the selectors of profiles go through."""
    paths: set[Path] = set(_WRAPPER)
    for profile in profiles:
        for selector in profile.selectors():
            if selector.source == "ce":
                paths.add((selector.path,))
            steps = path_of(selector.steps)
            paths.update(steps[:end] for end in range(1, len(steps) + 1))
    ordered = tuple(sorted(paths, key=lambda path: (len(path), path)))
    parents = tuple(dict.fromkeys(path[:-1] for path in ordered))
    return Members(ordered, tuple(parent for parent in parents if _extractable(parent)))


def path_of(steps: Sequence[str | Items]) -> Path:
    """Member names up to the first array step."""
    names: list[str] = []
    for step in steps:
        if isinstance(step, Items):
            break
        names.append(step)
    return tuple(names)


def _extractable(path: Path) -> bool:
    return all(not any(letter in name for letter in '"\\') and name.isprintable() for name in path)


def _json_path(path: Path) -> str:
    return "$" + "".join(f'."{name}"' for name in path)


@dataclass(slots=True)
class BodyColumn:
    """Values at one path, for the rows of a shape."""

    tokens: pa.Array
    """JSON text of each value, null where the member is missing."""
    kinds: NDArray[np.uint8]
    _texts: pa.Array | None = None
    _inexact: NDArray[np.bool_] | None = None

    @property
    def texts(self) -> pa.Array:
        """Text of scalars (numbers as DuckDB prints them); undefined for other rows."""
        if self._texts is None:
            self._texts = _unquoted(self.tokens, self.kinds)
        return self._texts

    @property
    def inexact(self) -> NDArray[np.bool_]:
        """Numbers whose literal DuckDB does not keep."""
        if self._inexact is None:
            numbers = self.kinds == NUMBER
            kept = flags(pc.match_substring_regex(self.tokens, _EXACT_NUMBER)) if numbers.any() else numbers
            self._inexact = numbers & ~kept
        return self._inexact


@dataclass(slots=True)
class BodyShape:
    """Rows of a batch whose bodies have the same members at the top, as far as profiles read them."""

    members: frozenset[str]
    rows: NDArray[np.int64]
    columns: dict[Path, BodyColumn] = field(default_factory=dict)


@dataclass(slots=True)
class Bodies:
    """Shapes of a batch's values."""

    shape_of: NDArray[np.int64]
    within: NDArray[np.int64]
    shapes: list[BodyShape]
    """The first is for rows without a JSON object."""
    exact: NDArray[np.bool_]
    """Rows that only the exact codec can be trusted with."""


def find_bodies(values: pa.Array, members: Members, cursor: duckdb.DuckDBPyConnection) -> Bodies:
    """Find the shapes of a batch's values; columns are read later, by `read_columns`."""
    count = len(values)
    bodies = Bodies(np.zeros(count, np.int64), np.zeros(count, np.int64), [], np.zeros(count, bool))
    rows = np.flatnonzero(_may_be_object(values))
    names = [frozenset[str]()]
    if len(rows):
        some = values if len(rows) == count else values.take(pa.array(rows))
        masks, bad = _member_masks(some, members, cursor)
        bad |= unstrict_rows(some)
        bodies.exact[rows[bad]] = True
        groups, examples = group_ids(masks[:, : members.top_words])
        bodies.shape_of[rows] = groups + 1
        names += [_names(masks[at], members) for at in examples]
    bodies.shapes += [BodyShape(found, np.empty(0, np.int64)) for found in names]
    for number, mine in runs(bodies.shape_of):
        bodies.shapes[number].rows = mine
        bodies.within[mine] = np.arange(len(mine))
    return bodies


def _may_be_object(values: pa.Array) -> NDArray[np.bool_]:
    """Which values may hold a JSON object, by their first byte."""
    firsts = first_bytes(values)
    table = np.zeros(256, bool)
    table[list(_MAY_BEGIN_OBJECT)] = True
    candidates = table[firsts]
    content, ends = data_of(values)
    framed = np.flatnonzero((firsts == 0) & (np.diff(ends) > _PREFIX_BYTES))
    candidates[framed] = content[ends[framed] + _PREFIX_BYTES] == ord("{")
    return candidates


def _names(mask: NDArray[np.int64], members: Members) -> frozenset[str]:
    return frozenset(path[0] for bit, path in enumerate(members.top) if mask[bit // _BITS] >> (bit % _BITS) & 1)


def _member_masks(
    values: pa.Array, members: Members, cursor: duckdb.DuckDBPyConnection
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """One bit for each member that a body has; and the rows that are no JSON, repeat a member, or are wrapped."""
    paths = [_json_path(parent) for parent in members.parents]
    lists = _run(cursor, "select try(json_keys(try(decode(v)), $paths)) k from bodies", values, {"paths": paths})[0]
    bad = ~valid_rows(lists)
    outer = lists.offsets.to_numpy().astype(np.int64)
    inner = lists.values.offsets.to_numpy().astype(np.int64)
    keys = lists.values.values.dictionary_encode()
    codes = keys.indices.to_numpy() if len(keys) else np.empty(0, np.int32)
    lengths = np.diff(inner)
    bit_of = _bit_table(keys.dictionary.to_pylist(), members)
    parent = np.arange(len(lengths), dtype=np.int32) % max(len(paths), 1) * np.int32(bit_of.shape[1])
    bits = bit_of.ravel()[np.repeat(parent, lengths) + codes]
    row_of = np.repeat(np.arange(len(values), dtype=np.int32), np.diff(inner[outer]))
    known = np.flatnonzero(bits >= 0)
    bits, row_of = bits[known], row_of[known]
    masks = np.zeros((len(values), max(members.bits.values()) // _BITS + 1), np.int64)
    seen = np.bincount(row_of, minlength=len(values))
    held = np.zeros(len(values), np.int64)
    for word in range(masks.shape[1]):
        inside = bits // _BITS == word
        _or_into(masks[:, word], row_of[inside], np.int64(1) << (bits[inside] % _BITS))
        held += np.bitwise_count(masks[:, word])
    bad |= held != seen
    first_lengths = np.zeros(len(values), np.int64)
    first_lengths[~bad] = lengths[outer[:-1][~bad]]
    wrapped = np.flatnonzero(~bad & (first_lengths == len(_WRAPPER)))
    wrapper = {path[0] for path in _WRAPPER}
    bad[[row for row in wrapped if _names(masks[row], members) == wrapper]] = True
    return masks, bad


def _or_into(target: NDArray[np.int64], rows: NDArray[np.int64], values: NDArray[np.int64]) -> None:
    """Combine values of each row by or; rows ascend."""
    if len(rows):
        starts = np.flatnonzero(np.diff(rows, prepend=-1))
        target[rows[starts]] = np.bitwise_or.reduceat(values, starts)


def _bit_table(names: list[str], members: Members) -> NDArray[np.int64]:
    """Bit of each name under each parent, -1 where nobody reads it."""
    table = np.full((len(members.parents), max(len(names), 1)), -1, np.int64)
    bits = members.bits
    parents = {parent: row for row, parent in enumerate(members.parents)}
    columns = {name: column for column, name in enumerate(names)}
    for path, bit in bits.items():
        if path[:-1] in parents and path[-1] in columns:
            table[parents[path[:-1]], columns[path[-1]]] = bit
    return table


def read_columns(shape: BodyShape, values: pa.Array, paths: Iterable[Path], cursor: duckdb.DuckDBPyConnection) -> None:
    """Extract paths of a shape's rows in one statement; paths that JSONPath cannot quote are left out."""
    wanted = sorted(path for path in set(paths) if path and path[0] in shape.members and _extractable(path))
    if not wanted or not len(shape.rows):
        return
    some = values if len(shape.rows) == len(values) else values.take(pa.array(shape.rows))
    columns = ", ".join(f"x[{at + 1}]" for at in range(len(wanted)))
    sql = f"select {columns} from (select try(json_extract(try(decode(v)), $paths)) x from bodies)"  # noqa: S608 - numbers only
    found = _run(cursor, sql, some, {"paths": [_json_path(path) for path in wanted]})
    for path, tokens in zip(wanted, found, strict=True):
        shape.columns[path] = BodyColumn(tokens, _kinds(tokens))


def _run(
    cursor: duckdb.DuckDBPyConnection, sql: str, values: pa.Array, parameters: dict[str, list[str]]
) -> list[pa.Array]:
    cursor.register("bodies", pa.table({"v": values}))
    try:
        result = cursor.sql(sql, params=parameters).to_arrow_table()
    finally:
        cursor.unregister("bodies")
    return [one_array(column) for column in result.columns]


def _kinds(tokens: pa.Array) -> NDArray[np.uint8]:
    kinds = _KIND_OF[first_bytes(tokens)]
    _, ends = data_of(tokens)
    kinds[(kinds == TEXT) & (np.diff(ends) == 2)] = EMPTY  # noqa: PLR2004 - two quotes
    return kinds


def _unquoted(tokens: pa.Array, kinds: NDArray[np.uint8]) -> pa.Array:
    quoted = (kinds == TEXT) | (kinds == EMPTY)
    if not quoted.any():
        return tokens
    inside = pc.binary_slice(tokens.cast(pa.binary()), 1, -1).cast(pa.string())
    texts = inside if quoted.all() else pc.if_else(pa.array(quoted), inside, tokens)
    content, ends = data_of(tokens)
    used = content[int(ends[0]) : int(ends[-1])] == BACKSLASH
    if not used.any():
        return texts
    places = np.flatnonzero(used) + int(ends[0])
    rows = np.unique(np.searchsorted(ends, places, side="right") - 1)
    rows = rows[kinds[rows] == TEXT]
    mask = np.zeros(len(tokens), bool)
    mask[rows] = True
    unescaped = [orjson.loads(text) for text in tokens.take(pa.array(rows)).to_pylist()]
    return pc.replace_with_mask(texts, pa.array(mask), pa.array(unescaped, pa.string()))
