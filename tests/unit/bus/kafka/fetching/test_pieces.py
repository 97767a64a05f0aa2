"""Records read piece by piece: all of them come, large ones are stepped over, damage is found."""

from __future__ import annotations

import batch_bytes
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.bus.kafka.fetching import pieces as module
from workbench.bus.kafka.fetching.pieces import Oversized, Records, pieces
from workbench.bus.kafka.fetching.records import CorruptRecords, first_record, parse
from workbench.model.records.columns import HEADERS


class Stream:
    """Gives bytes in small steps, and notes how many were asked for at once."""

    def __init__(self, data: bytes, step: int = 77) -> None:
        self.data, self.step, self.most = data, step, 0

    def __call__(self, size: int) -> bytes:
        self.most = max(self.most, size)
        found, self.data = self.data[: min(size, self.step)], self.data[min(size, self.step) :]
        return found


def laid_out(*values: bytes) -> bytes:
    return b"".join(batch_bytes.record(number, 0, b"k", value) for number, value in enumerate(values))


def read(data: bytes, count: int, largest: int) -> list[bytes | tuple[int, int]]:
    found: list[bytes | tuple[int, int]] = []
    for piece in pieces(Stream(data), count, largest):
        if isinstance(piece, Oversized):
            found.append((piece.offset_delta, piece.size_bytes))
        else:
            assert isinstance(piece, Records)
            found += parse(piece.data, [(0, len(piece.data), piece.count)], HEADERS)[3].to_pylist()
    return found


@pytest.fixture(autouse=True, scope="module")
def small_pieces():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PIECE_BYTES", 64)
        yield


@pytest.mark.parametrize("size", [1, 10, 63, 64, 65, 200, 5000])
def test_records_of_any_size_come_whole(size):
    values = [bytes([number]) * size for number in range(20)]
    assert read(laid_out(*values), 20, largest=10_000) == values


@pytest.mark.parametrize("at", [0, 1, 4])
@pytest.mark.parametrize("size", [30, 63, 500, 100_000])
def test_a_record_above_the_limit_is_stepped_over(at, size):
    values = [b"small"] * 5
    values[at] = b"L" * size
    found = read(laid_out(*values), 5, largest=30)
    assert found[at] == (at, len(batch_bytes.record(at, 0, b"k", values[at])) - len(batch_bytes.varint(size + 9)))
    assert [*found[:at], *found[at + 1 :]] == [b"small"] * 4


def test_memory_is_taken_for_a_piece_and_not_for_what_is_stepped_over():
    stream = Stream(laid_out(b"a", b"L" * 1_000_000, b"b"), step=1 << 20)
    assert len(list(pieces(stream, 3, 100))) == 3
    assert stream.most <= 64


@pytest.mark.parametrize(
    "damaged",
    [
        laid_out(b"a", b"b")[:-1],
        laid_out(b"a", b"b") + b"\0",
        laid_out(b"a") + b"\0" * 40,
        laid_out(b"a") + b"\xff" * 40,
        laid_out(b"a"),
        laid_out(b"a", b"L" * 500)[:-1],
        laid_out(b"a", b"L" * 90) + b"!",
        b"",
    ],
)
def test_damage_is_found(damaged):
    with pytest.raises(CorruptRecords):
        read(damaged, 2, largest=100)


@pytest.mark.parametrize("count", [-1, -7, -(2**31)])
def test_a_negative_number_of_records_ends_at_once(count):
    with pytest.raises(CorruptRecords, match="negative"):
        read(laid_out(b"a", b"b"), count, largest=100)


small = st.none() | st.binary(max_size=20) | st.just(b"long" * 60)
headers = st.lists(st.tuples(st.binary(max_size=8), small), max_size=3)
rows = st.lists(st.tuples(st.integers(0, 1 << 31), st.integers(-(1 << 62), 1 << 62), small, small, headers), max_size=9)


@settings(deadline=None)
@given(rows, st.integers(1, 600), st.integers(1, 90), st.integers(32, 300))
def test_pieces_hold_what_one_call_reads(found, largest, step, size):
    laid = [batch_bytes.record(*row) for row in found]
    whole = parse(b"".join(laid), [(0, len(b"".join(laid)), len(found))], HEADERS)
    sizes = [first_record(one)[1] for one in laid]
    columns: list[tuple[int, bytes | None]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PIECE_BYTES", size)
        for piece in pieces(Stream(b"".join(laid), step), len(found), largest):
            if isinstance(piece, Records):
                offsets, _, _, values, _ = parse(piece.data, [(0, len(piece.data), piece.count)], HEADERS)
                columns += zip(offsets.tolist(), values.to_pylist(), strict=True)
    expected = zip(whole[0].tolist(), whole[3].to_pylist(), sizes, strict=True)
    assert columns == [(offset, value) for offset, value, size in expected if size <= largest]


@settings(deadline=None, max_examples=400)
@given(rows.filter(bool), st.data())
def test_damage_never_leads_outside(found, data):
    laid = bytearray(b"".join(batch_bytes.record(*row) for row in found))
    for _ in range(data.draw(st.integers(1, 3))):
        laid[data.draw(st.integers(0, len(laid) - 1))] = data.draw(st.integers(0, 255))
    stream = Stream(bytes(laid), data.draw(st.integers(1, 90)))
    read_bytes = 0
    try:
        for piece in pieces(stream, len(found), data.draw(st.integers(1, 400))):
            read_bytes += len(piece.data) if isinstance(piece, Records) else piece.size_bytes
    except CorruptRecords:
        return
    assert read_bytes <= len(laid)
