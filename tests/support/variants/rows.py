"""Seeded values, the register of variants, and record batches of their rows."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson
import pyarrow as pa

from workbench.decoding import load_conventions
from workbench.model.records.columns import RECORD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from workbench.decoding import Convention

Headers: TypeAlias = "list[tuple[bytes, bytes | None]]"
Row: TypeAlias = "tuple[Headers, bytes | None]"
Make: TypeAlias = "Callable[[Values, int], Row]"

GROUPS = (
    "contract", "cloudevents", "nservicebus", "masstransit", "masstransit_rider", "kurrentdb_sink", "kurrentdb_json",
    "axon5", "axon4", "axon", "wolverine", "marten", "railseventstore", "debezium_change", "debezium_transaction",
    "debezium_outbox", "eiffel", "cdevents", "generic_json", "generic_headers", "onex", "variation", "headers",
)  # fmt: skip
"""The order of the published table."""
ROWS = 4_000
"""Rows of one call of the decoder during a capture."""
SEED = 1128
TIME_MS = 1_772_359_200_000
"""2026-03-01T10:00:00Z"""


class Values(random.Random):
    """A seeded source of the values that events carry."""

    def id(self) -> str:
        return str(uuid.UUID(int=self.getrandbits(128), version=4))

    def digits(self, count: int) -> str:
        return f"{self.getrandbits(4 * count) | 1:0{count}x}"

    def traceparent(self) -> str:
        return f"00-{self.digits(32)}-{self.digits(16)}-01"

    def time(self, at: int, zone: str = "+00:00", between: str = "T") -> str:
        return f"2026-03-01{between}{at // 3600 % 24:02d}:{at // 60 % 60:02d}:{at % 60:02d}.{at % 10**6:06d}{zone}"

    def some(self, members: Mapping[str, Any], *required: str) -> dict[str, Any]:
        """Leave out each member with even chance, but for the required ones."""
        return {name: value for name, value in members.items() if name in required or self.random() < 0.5}

    def order(self, at: int, length: int = 40) -> dict[str, Any]:
        """A business object with a text of a given length."""
        return {
            "order": at,
            "total": round(self.random() * 1000, 2),
            "items": [{"sku": f"s{self.randrange(1000)}", "quantity": self.randrange(1, 9)}],
            "note": self.digits(length),
        }


@dataclass(frozen=True, slots=True)
class Variant:
    """A kind of record that some writer puts on a topic."""

    group: str
    name: str
    published: int
    """Rows a second of the decoder of 28 November 2026, in calls of 16,000 rows and more."""
    make: Make
    topic: str = "shop.orders"
    rows: int = ROWS
    conventions: tuple[Convention, ...] | None = None

    @property
    def label(self) -> str:
        return f"{self.group}: {self.name}"

    def made(self, rows: int, seed: int = SEED) -> list[Row]:
        """Return rows of this variant; the same for the same seed."""
        values = Values(f"{seed} {self.label}")
        return [self.make(values, at) for at in range(rows)]

    def batch(self, rows: int | None = None, seed: int = SEED) -> pa.RecordBatch:
        """Return a record batch of this variant, as a capture makes it of one partition."""
        return batch_of(self.made(self.rows if rows is None else rows, seed))


VARIANTS: list[Variant] = []


def variant(group: str, name: str, published: int, **options: Any) -> Callable[[Make], Make]:
    """Register a function that makes one row."""
    if isinstance(own := options.get("conventions"), dict):
        options["conventions"] = load_conventions(own)

    def registered(make: Make) -> Make:
        VARIANTS.append(Variant(group, name, published, make, **options))
        VARIANTS.sort(key=lambda one: GROUPS.index(one.group))
        return make

    return registered


def named(**headers: str | bytes | None) -> Headers:
    """Headers of names that Python can spell."""
    return texts(headers)


def texts(headers: Mapping[str, str | bytes | None]) -> Headers:
    return [(name.encode(), value.encode() if isinstance(value, str) else value) for name, value in headers.items()]


def dumped(body: object) -> bytes:
    return orjson.dumps(body)


def batch_of(rows: Sequence[Row]) -> pa.RecordBatch:
    """Put rows into the columns of raw records, at following offsets of one partition."""
    count, lengths = len(rows), [0]
    for headers, _ in rows:
        lengths.append(lengths[-1] + len(headers))
    pairs = [pair for headers, _ in rows for pair in headers]
    struct = pa.StructArray.from_arrays(
        [pa.array([name for name, _ in pairs], pa.binary()), pa.array([value for _, value in pairs], pa.binary())],
        fields=list(RECORD.field("headers").type.value_type),
    )
    columns = {
        "partition": pa.repeat(pa.scalar(0, pa.int32()), count),
        "offset": pa.array(range(count), pa.int64()),
        "timestamp_ms": pa.repeat(pa.scalar(TIME_MS, pa.int64()), count),
        "timestamp_type": pa.repeat(pa.scalar(0, pa.int8()), count),
        "key": pa.nulls(count, pa.binary()),
        "value": pa.array([value for _, value in rows], pa.binary()),
        "headers": pa.ListArray.from_arrays(pa.array(lengths, pa.int32()), struct),
    }
    return pa.RecordBatch.from_pydict(columns, schema=RECORD)


def mixes(count: int, rows: int = ROWS, seed: int = SEED) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Yield topics that mix eight variants of different groups, with texts and tombstones among them."""
    by_group: dict[str, list[Variant]] = {}
    for one in VARIANTS:
        if one.conventions is None and one.rows == ROWS and one.group not in ("variation", "headers"):
            by_group.setdefault(one.group, []).append(one)
    for number in range(count):
        source = random.Random(seed + number)  # noqa: S311 - repeatable, not secret
        chosen = [source.choice(by_group[group]) for group in source.sample(sorted(by_group), 8)]
        pools = [iter(one.made(rows // 4, seed + number)) for one in chosen]
        mixed: list[Row] = []
        while len(mixed) < rows:
            pick = source.randrange(10)
            row = next(pools[pick], None) if pick < 8 else ([], b"a line of text" if pick == 8 else None)
            mixed += [] if row is None else [row]
        yield " + ".join(one.label for one in chosen), batch_of(mixed)
