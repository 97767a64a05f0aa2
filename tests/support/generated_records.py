"""Makes records of every kind that decoding knows, and damages them: real records, mutated, with a seed.

The seeds are the golden records, the rows of all variants, the bodies of the hostile records, and real events where
they are there. A mutation changes headers, members, or bytes; most records get a few, some none.
"""

from __future__ import annotations

import gzip
import itertools
import json
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import golden_vectors
import hostile_records
from hostile_records import EXTRA_HEADERS, VALUES, WRAPPINGS
from variants import VARIANTS, batch_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    Headers: TypeAlias = list[tuple[bytes, bytes | None]]
    Row: TypeAlias = tuple[Headers, bytes | None]

REAL_EVENTS = Path(__file__).parents[3] / "shared" / "data" / "wikimedia-2021-08"
ROWS_OF_A_VARIANT = 4
DEAD_LETTERS = "onex.dlq.omnibase-infra.events.v1"
_LONGEST = 20_000
"""Bytes of the longest body that is mutated: longer ones cost time and show nothing more."""
_DEEPEST = 40
"""Levels of a body whose members are mutated."""
_TEXTS = [value for value in VALUES if isinstance(value, str) and not isinstance(value, hostile_records.Literal)]


def seeds() -> dict[str, list[Row]]:
    """Return unharmed records by topic."""
    found: dict[str, list[Row]] = {}
    for section in golden_vectors.SECTIONS:
        for vector in golden_vectors.committed(section):
            record = golden_vectors.raw_record(vector)
            found.setdefault(record.topic, []).append((list(record.headers), record.value))
    for variant in VARIANTS:
        rows = [row for row in variant.made(ROWS_OF_A_VARIANT) if len(row[1] or b"") <= _LONGEST]
        found.setdefault(variant.topic, []).extend(rows)
    bodies = [make(at) for make in hostile_records.BODIES for at in range(3)]
    for topic in hostile_records.TOPICS:
        rows = [(list(headers), json.dumps(body).encode()) for headers in hostile_records.HEADERS for body in bodies]
        found.setdefault(topic, []).extend(rows)
    found[DEAD_LETTERS] += [([], json.dumps(body).encode()) for body in _dead_letters()]
    found["t"] += _rare()
    for path in sorted(REAL_EVENTS.glob("*.gz")):
        lines = gzip.decompress(path.read_bytes()).splitlines()
        found[f"codfw.mediawiki.{path.name.partition('.')[0]}"] = [([], line) for line in lines[::50]]
    return found


def _dead_letters() -> Iterator[dict[str, Any]]:
    """Dead letters whose copy was changed, and ones inside another; each layer escapes the one inside once more."""
    body: dict[str, Any] = {"original_topic": "t", "failure_reason": "bad [REDACTED]", "correlation_id": "c"}
    yield {**body, "original_message": {"value": "<decode_failed>", "offset": 1, "partition": 0}, "retry_count": 1}
    for depth in range(1, 7):
        message = {"value": json.dumps(body), "offset": str(depth), "partition": depth, "key": None}
        body = {"original_topic": "t", "original_message": message, "redacted_fields": ["a"] if depth % 2 else []}
        yield body


def _rare() -> Iterator[Row]:
    """Records with faults that mutations seldom make."""
    for prefix in (b"ce-", b"Ce-", b"cloudEvents:", b"cloudEvents_"):
        yield [(name.replace(b"ce_", prefix), content) for name, content in hostile_records.CE_HEADERS], b"{}"
    for time in (5, "1999-12-31T23:59:59Z", 99999999999999):
        yield [], json.dumps({"eventId": "e", "correlationId": "c", "time": time}).encode()
    for flows in (["a", "b"], ["a", "a"], ["{A}", "b", "a"]):
        links = [{"type": kind, "target": flow} for flow in flows for kind in ("FLOW_CONTEXT", "CAUSE")]
        meta = {"id": "e", "type": "EiffelActivityStartedEvent", "time": 1}
        yield from [([], json.dumps({"meta": meta, "links": links}).encode())] * 3


class Generator:
    """Batches of mutated records; the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self._by_topic = seeds()
        self.topics = sorted(self._by_topic)
        self._turns = itertools.cycle(self.topics)
        self._all = [row for topic in self.topics for row in self._by_topic[topic]]

    def begin(self, seed: str) -> None:
        """Go on as a new generator with this seed would; making one again takes a second."""
        self.random.seed(seed)
        self._turns = itertools.cycle(self.topics)

    def batches(self, count: int, rows: int, *, unharmed: bool = True) -> Iterator[tuple[str, list[Row]]]:
        """Yield topics and records: first the unharmed ones where they are wanted, then so many mutated ones."""
        yield from self._by_topic.items() if unharmed else ()
        for done in range(0, count, rows):
            yield self.rows(min(rows, count - done))

    def rows(self, count: int) -> tuple[str, list[Row]]:
        """Return the next topic and mutated records of it; one in five is of any topic, some come several times."""
        topic = next(self._turns)
        own = self._by_topic[topic]
        made: list[Row] = []
        while len(made) < count:
            row = self.random.choice(own if self.random.random() < 0.8 else self._all)
            row = self.mutated(row)
            made += [row] * self.random.choice((1, 1, 1, 2, 3))
        return topic, made[:count]

    def mutated(self, row: Row) -> Row:
        headers, value = list(row[0]), row[1]
        for _ in range(self.random.choice((0, 1, 1, 2, 3))):
            if self.random.random() < 0.4:
                self.random.choice(_HEADER_MUTATIONS)(self, headers)
            else:
                value = self.random.choice(_VALUE_MUTATIONS)(self, value)
        return headers, value

    # mutations of headers, in place

    def _drop_header(self, headers: Headers) -> None:
        if headers:
            headers.pop(self.random.randrange(len(headers)))

    def _repeat_header(self, headers: Headers) -> None:
        if headers:
            headers.insert(self.random.randrange(len(headers) + 1), self.random.choice(headers))

    def _shuffle_headers(self, headers: Headers) -> None:
        self.random.shuffle(headers)

    def _add_header(self, headers: Headers) -> None:
        headers.insert(self.random.randrange(len(headers) + 1), self.random.choice(EXTRA_HEADERS))

    def _add_foreign_headers(self, headers: Headers) -> None:
        headers += self.random.choice(self._all)[0]

    def _change_header(self, headers: Headers) -> None:
        if not headers:
            return
        at = self.random.randrange(len(headers))
        name, content = headers[at]
        other = self.random.choice(headers)[1]
        text = self.random.choice(_TEXTS).encode("utf-8", "surrogatepass")
        headers[at] = name, self.random.choice([None, b"", b"\xc3\x28", text, other, self._bytes(content or b"")])

    def _encode_header(self, headers: Headers) -> None:
        """Encode a value as AMQP, or quote it as Spring does."""
        if not headers:
            return
        at = self.random.randrange(len(headers))
        name, content = headers[at]
        content = content or b""
        quoted = json.dumps(content.decode("latin-1")).encode()
        amqp = b"\xa1" + bytes([len(content) % 256]) + content
        headers[at] = name, self.random.choice([amqp, b"\xa3" + amqp[1:], quoted])
        if self.random.random() < 0.5:
            kind = self.random.choice(["java.lang.String", "java.lang.Long", "java.util.UUID"])
            headers.append((b"spring_json_header_types", json.dumps({name.decode("latin-1"): kind}).encode()))

    def _respell_header(self, headers: Headers) -> None:
        if headers:
            at = self.random.randrange(len(headers))
            name, content = headers[at]
            changed = [name.upper(), name.title(), name.replace(b"_", b"-"), name + b"\xff", self._bytes(name), b""]
            headers[at] = self.random.choice(changed), content

    # mutations of values

    def _replace_value(self, _: bytes | None) -> bytes | None:
        return self.random.choice(self._all)[1]

    def _wrap(self, value: bytes | None) -> bytes | None:
        return WRAPPINGS[self.random.choice(sorted(WRAPPINGS))](value or b"{}")

    def _bytes(self, value: bytes | None) -> bytes:
        """Flip, cut out, double or insert some bytes."""
        data = bytearray(value or b"")
        at = self.random.randrange(len(data) + 1)
        size = self.random.choice((1, 1, 2, 8))
        match self.random.randrange(4):
            case 0:
                data[at : at + size] = self.random.randbytes(size)
            case 1:
                del data[at : at + size]
            case 2:
                data[at:at] = data[at : at + 4 * size]
            case _:
                data[at:at] = self.random.choice(
                    [b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\\u", b"\xed\xa0", b"0"]
                )
        return bytes(data)

    def _truncate(self, value: bytes | None) -> bytes | None:
        return None if value is None else value[: self.random.randrange(len(value) + 1)]

    def _member(self, value: bytes | None) -> bytes | None:
        """Set, drop, double, move or rename members anywhere in a JSON object."""
        try:
            body = json.loads(value or b"", parse_float=hostile_records.Literal, parse_int=hostile_records.Literal)
        except (ValueError, RecursionError):
            return self._bytes(value)
        holders = _objects(body)
        if not holders:
            return self._wrap(value)
        for _ in range(self.random.choice((1, 1, 2, 4))):
            self._change_member(self.random.choice(holders))
        separators = self.random.choice([(",", ":"), (",", ":"), (", ", ": "), ("\n,", "\t: ")])
        return hostile_records.written(body, separators).encode("utf-8", "surrogatepass")

    def _change_member(self, holder: dict[str, Any]) -> None:
        name = self.random.choice(sorted(holder)) if holder else "event_id"
        other: Any = self.random.choice([*VALUES, *holder.values()])
        match self.random.randrange(8):
            case 0:
                holder.pop(name, None)
            case 1:
                holder[f"{name}#again"] = other
            case 2:
                moved = holder.pop(name, None)
                holder[name] = moved
            case 3:
                path = self.random.choice(hostile_records.PATHS)
                holder[path[-1]] = other
            case 4:
                holder[name.upper()] = holder.pop(name, None)
            case 5:
                holder[name] = [holder.get(name), other]
            case _:
                holder[name] = other


_HEADER_MUTATIONS: list[Callable[[Generator, Headers], None]] = [
    Generator._drop_header,
    Generator._repeat_header,
    Generator._shuffle_headers,
    Generator._add_header,
    Generator._add_foreign_headers,
    Generator._change_header,
    Generator._change_header,
    Generator._encode_header,
    Generator._respell_header,
]
_VALUE_MUTATIONS: list[Callable[[Generator, bytes | None], bytes | None]] = [
    Generator._replace_value,
    Generator._wrap,
    Generator._bytes,
    Generator._truncate,
    Generator._member,
    Generator._member,
    Generator._member,
    Generator._member,
]


def _objects(body: Any) -> list[dict[str, Any]]:
    """Return the object itself and those inside it."""
    found, waiting = [], [(body, 0)]
    while waiting:
        one, depth = waiting.pop()
        inner = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        if isinstance(one, dict):
            found.append(one)
        if depth < _DEEPEST:
            waiting += [(item, depth + 1) for item in inner]
    return found


def smallest(row: Row, fails: Callable[[Row], bool]) -> Row:
    """Cut headers and bytes off a record as long as it still fails."""
    headers, value = list(row[0]), row[1]
    at = 0
    while at < len(headers):
        less = headers[:at] + headers[at + 1 :]
        if fails((less, value)):
            headers = less
        else:
            at += 1
    size = len(value or b"") // 2
    while value and size:
        at = 0
        while at < len(value):
            shorter = value[:at] + value[at + size :]
            if fails((headers, shorter)):
                value = shorter
            else:
                at += size
        size //= 2
    return headers, value


def batch(rows: list[Row]) -> pa.RecordBatch:
    return batch_of(rows)
