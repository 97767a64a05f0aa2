"""The compiled reading of batch headers against a plain one, on batches whose headers were damaged in any field."""

from __future__ import annotations

import random
from struct import Struct

import pytest
from batch_bytes import batch, marker

from workbench.bus.kafka.fetching.batch_headers import Batch, damaged_head, scan

HEADER = Struct(">qiibIhiqqqhii")
SMALLEST, AHEAD = 14, 100_000
FIELDS = (
    "at stop magic crc attributes base_offset last_offset base_timestamp max_timestamp producer_id record_count kind"
)


def plain(data: bytes, aborted: list[tuple[int, int]], end: int | None) -> list[tuple]:
    """List batches as the protocol says, a field at a time."""
    found, at, last, pending, opened = [], 0, -1, sorted(aborted, key=lambda pair: pair[1]), set()
    while at + 12 <= len(data):
        base, length = (
            int.from_bytes(data[at : at + 8], "big", signed=True),
            int.from_bytes(data[at + 8 : at + 12], "big"),
        )
        stop = at + 12 + length
        if length >> 31 or stop > len(data) or length < SMALLEST:
            break
        if data[at + 16] < 2:
            row = (at, stop, data[at + 16], 0, 0, last + 1, base, -1, -1, -1, base - last, "data")
        elif length < 49:
            break
        else:
            base, _, _, magic, crc, attributes, delta, first, most, producer, _, _, count = HEADER.unpack_from(data, at)
            while pending and pending[0][1] <= base + delta:
                opened.add(pending.pop(0)[0])
            kind = "data"
            if attributes & 0x20:
                kind = "control"
                if data[at + 61 + 7 : at + 61 + 9] == b"\0\0":
                    opened.discard(producer)
            elif attributes & 0x10 and producer in opened:
                kind = "aborted"
            row = (at, stop, magic, crc, attributes, base, base + delta, first, most, producer, count, kind)
        if not last < row[5] <= row[6] < 1 << 62 or (end is not None and end > 0 and row[6] > end + AHEAD):
            break
        found.append(row)
        last, at = row[6], stop
    return found


def as_rows(found: list[Batch]) -> list[tuple]:
    return [tuple(getattr(one, name) for name in FIELDS.split()) for one in found]


def answer(source: random.Random) -> bytes:
    parts, base = [], source.choice([0, 5, 1 << 40])
    for _ in range(source.randint(1, 6)):
        producer, count = source.choice([-1, 7, 8]), source.randint(1, 3)
        if source.random() < 0.25:
            parts.append(marker(base, producer=7, commit=source.random() < 0.5))
            base += 1
            continue
        rows = [(base + at, 1_700_000_000_000 + at, b"k", b"v" * source.randint(0, 9), ()) for at in range(count)]
        parts.append(batch(base, rows, attributes=0x10 if producer > 0 else 0, producer=producer))
        base += count + source.choice([0, 0, 3])
    return b"".join(parts)


def damaged(source: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(source.randint(0, 2)):
        # One field of the first header, or any byte; extreme values, because sums of them overflow.
        at = source.choice([0, 8, 16, 21, 23, 43, 57, source.randrange(len(changed))])
        size = source.choice([1, 4, 8])
        changed[at : at + size] = source.choice([b"\xff", b"\x7f", b"\x80", b"\0", b"\x01"]) * min(
            size, len(changed) - at
        )
    return bytes(changed[: source.choice([len(changed), source.randint(0, len(changed))])])


def test_headers_are_read_as_a_plain_reader_does():
    source, kinds = random.Random(11), set()  # noqa: S311 - repeatable, not secret
    for _ in range(4000):
        data = damaged(source, answer(source))
        aborted = source.choice([[], [(7, 0)], [(7, 2), (8, 0), (7, 4)]])
        end = source.choice([None, 0, 3, 1 << 40])
        found = as_rows(scan(data, 0, len(data), aborted=aborted, end=end))
        assert found == plain(data, aborted, end)
        kinds |= {row[-1] for row in found}
    assert kinds == {"data", "control", "aborted"}


@pytest.mark.parametrize("bounds", [(-1, 5), (3, 2), (0, 300)])
def test_places_outside_of_the_bytes_are_refused(bounds):
    data = batch(0, [(0, 1, None, b"v", ())])
    with pytest.raises(IndexError):
        scan(data, *bounds)
    assert damaged_head(data, *bounds) is False


def test_overlap_counts_the_offsets_between_two_bounds():
    (one,) = scan(data := batch(5, [(5, 1, None, b"v", ()), (8, 1, None, b"v", ())]), 0, len(data))
    assert [one.overlap(*bounds) for bounds in [(0, 5), (0, 6), (6, 8), (8, 100), (9, 100), (0, 100)]] == [
        0,
        1,
        2,
        1,
        0,
        4,
    ]
