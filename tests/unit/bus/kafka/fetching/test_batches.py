from __future__ import annotations

import random
import zlib
from pathlib import Path

import cramjam
import pyarrow as pa
import pytest
from aiokafka.record.legacy_records import LegacyRecordBatchBuilder
from batch_bytes import batch, marker, raw_batch, record, varint

from workbench.bus.kafka.fetching.batch_headers import damaged_head, scan
from workbench.bus.kafka.fetching.batches import Decoded, decode
from workbench.model import Gap
from workbench.model.records.columns import RECORD

RECORDED = Path(__file__).parent / "recorded"
CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
T = 1_700_000_000_000


def read(data: bytes, start: int = 0, stop: int | None = None, isolation="read_committed", aborted=()) -> Decoded:
    batches = scan(data, 0, len(data), aborted=aborted, isolation=isolation)
    decoded = decode(data, 0, [b for b in batches if b.last_offset >= start], start, stop)
    decoded.records.validate(full=True)
    assert decoded.records.schema == RECORD
    return decoded


def rows(decoded: Decoded) -> list[tuple]:
    return [
        (r["offset"], r["timestamp_ms"], r["key"], r["value"], tuple((h["name"], h["value"]) for h in r["headers"]))
        for r in decoded.records.to_pylist()
    ]


def offsets(decoded: Decoded) -> list[int]:
    return decoded.records.column("offset").to_pylist()


class TestRecordedFromOtherClients:
    @pytest.mark.parametrize("codec", CODECS)
    def test_kcat(self, codec):
        decoded = read((RECORDED / f"kcat-{codec}.bin").read_bytes())
        headers = ((b"a", b"1"), (b"b", b""), (b"a", b"2"))
        assert [(o, k, v, h) for o, _, k, v, h in rows(decoded)] == [
            (0, b"k1", b"v1", headers),
            (1, b"k2", None, headers),
            (2, None, b"x" * 300, headers),
        ]
        assert (decoded.next, decoded.control, decoded.aborted, decoded.gaps) == (3, 0, 0, ())

    @pytest.mark.parametrize("codec", CODECS)
    def test_aiokafka_with_timestamps_forty_days_apart(self, codec):
        decoded = read((RECORDED / f"aiokafka-{codec}.bin").read_bytes())
        day = 86_400_000
        assert rows(decoded) == [
            (0, T, b"k1", b"v1", ((b"a", b"1"), (b"b", None), (b"a", b"2"))),
            (1, T + 20 * day, b"k2", None, ()),
            (2, T + 40 * day, None, b"x" * 300, ((b"a", b""),)),
        ]

    def test_transactions_committed_only(self):
        data = (RECORDED / "transactions.bin").read_bytes()
        producer = scan(data, 0, len(data))[0].producer_id
        decoded = read(data, aborted=((producer, 0), (producer, 6)))
        assert [(o, k) for o, _, k, _, _ in rows(decoded)] == [(3, b"1-0"), (4, b"1-1"), (9, b"plain")]
        assert (decoded.next, decoded.control, decoded.aborted) == (10, 3, 4)

    def test_transactions_uncommitted_shows_all_data_and_still_no_markers(self):
        data = (RECORDED / "transactions.bin").read_bytes()
        producer = scan(data, 0, len(data))[0].producer_id
        decoded = read(data, isolation="read_uncommitted", aborted=((producer, 0), (producer, 6)))
        assert offsets(decoded) == [0, 1, 3, 4, 6, 7, 9]
        assert (decoded.control, decoded.aborted) == (3, 0)

    def test_append_time_is_the_brokers(self):
        decoded = read((RECORDED / "transactions.bin").read_bytes(), isolation="read_uncommitted")
        assert set(decoded.records.column("timestamp_type").to_pylist()) == {1}
        first, second = decoded.records.column("timestamp_ms").to_pylist()[:2]
        assert first == second > T


class TestBounds:
    DATA = batch(10, [(o, T + o, b"k", b"%d" % o, ()) for o in range(10, 15)]) + batch(15, [(15, T, b"k", b"15", ())])

    def test_start_inside_a_batch_drops_what_is_before(self):
        assert offsets(read(self.DATA, start=12)) == [12, 13, 14, 15]

    def test_stop_inside_a_batch_ends_there(self):
        decoded = read(self.DATA, start=11, stop=13)
        assert offsets(decoded) == [11, 12]
        assert decoded.next == 13

    def test_a_cut_off_last_batch_is_left_out(self):
        decoded = read(self.DATA[:-1])
        assert offsets(decoded) == [10, 11, 12, 13, 14]
        assert decoded.next == 15

    def test_a_cut_off_only_batch_gives_nothing(self):
        assert scan(self.DATA[:80], 0, 80) == []

    def test_nothing_at_all(self):
        decoded = decode(b"", 0, [], 7, None)
        assert (decoded.next, decoded.records.num_rows) == (7, 0)


class TestCompaction:
    def test_offsets_removed_inside_and_at_the_end(self):
        data = batch(100, [(101, T, b"a", b"1", ()), (104, T, b"b", b"2", ())], last=109)
        data += batch(120, [(120, T, b"c", b"3", ())])
        decoded = read(data, start=100)
        assert offsets(decoded) == [101, 104, 120]
        assert decoded.next == 121

    def test_the_end_of_a_bounded_read_may_have_no_record(self):
        data = batch(100, [(101, T, b"a", b"1", ())], last=109)
        assert read(data, start=100, stop=108).next == 108

    def test_an_empty_batch_moves_on(self):
        decoded = read(raw_batch(50, b"", count=0, last=59), start=50)
        assert (decoded.next, decoded.records.num_rows, decoded.gaps) == (60, 0, ())


class TestTransactions:
    def test_a_producer_commits_after_it_aborted(self):
        data = (
            batch(0, [(0, T, b"a", b"gone", ())], attributes=0x10, producer=7)
            + marker(1, 7, commit=False)
            + batch(2, [(2, T, b"a", b"kept", ())], attributes=0x10, producer=7)
            + marker(3, 7, commit=True)
        )
        decoded = read(data, aborted=((7, 0),))
        assert offsets(decoded) == [2]
        assert (decoded.next, decoded.control, decoded.aborted) == (4, 2, 1)

    def test_others_in_between_are_kept(self):
        data = (
            batch(0, [(0, T, None, b"gone", ())], attributes=0x10, producer=7)
            + batch(1, [(1, T, None, b"other", ())], attributes=0x10, producer=8)
            + batch(2, [(2, T, None, b"plain", ())])
            + batch(3, [(3, T, None, b"gone too", ())], attributes=0x10, producer=7)
            + marker(4, 7, commit=False)
            + marker(5, 8, commit=True)
        )
        assert offsets(read(data, aborted=((7, 0),))) == [1, 2]

    def test_the_same_producer_aborts_twice(self):
        one = batch(0, [(0, T, None, b"", ())], attributes=0x10, producer=7) + marker(1, 7, commit=False)
        two = batch(2, [(2, T, None, b"", ())], attributes=0x10, producer=7) + marker(3, 7, commit=False)
        assert read(one + two, aborted=((7, 2), (7, 0))).aborted == 2

    def test_an_idempotent_batch_of_the_same_producer_is_no_part_of_it(self):
        data = batch(0, [(0, T, None, b"v", ())], producer=7)
        assert offsets(read(data, aborted=((7, 0),))) == [0]

    def test_counts_stay_inside_the_bounds(self):
        data = batch(0, [(o, T, None, b"", ()) for o in range(5)], attributes=0x10, producer=7)
        decoded = read(data + marker(5, 7, commit=False), start=3, stop=4, aborted=((7, 0),))
        assert (decoded.aborted, decoded.control, decoded.next) == (1, 0, 4)


class TestHeadersAndNulls:
    def test_names_that_are_not_utf8_duplicates_nulls_and_none(self):
        wanted = [
            (0, T, None, None, ((b"\xff\xfe", b"\x00"), (b"a", None), (b"a", b""), (b"", b"x"))),
            (1, T, b"", b"", ()),
            (2, T, b"k", b"v", ((b"only", b"one"),)),
            (3, T, b"k", b"v", ()),
            (4, T, None, b"v", tuple((b"h%d" % i, b"x" * i) for i in range(200))),
        ]
        assert rows(read(batch(0, wanted))) == wanted

    def test_large_fields_need_long_lengths(self):
        wanted = [(0, T, b"k" * 70_000, b"v" * 3_000_000, ((b"n" * 200, b"h" * 20_000),))]
        assert rows(read(batch(0, wanted))) == wanted

    def test_times_far_before_and_after_the_batch(self):
        wanted = [(0, T, b"", b"", ()), (1, -1, b"", b"", ()), (2, T + (1 << 40), b"", b"", ())]
        assert rows(read(batch(0, wanted))) == wanted


class TestCompressions:
    ROWS = tuple((i, T + i, b"key-%d" % i, b"value " * i, ((b"h", b"1"),)) for i in range(50))

    @pytest.mark.parametrize(
        ("codec", "compress"),
        [
            (2, lambda data: bytes(cramjam.snappy.compress_raw(data))),
            (4, lambda data: bytes(cramjam.zstd.compress(data))),
        ],
        ids=["snappy without frames", "zstd"],
    )
    def test_forms_that_other_clients_write(self, codec, compress):
        assert rows(read(batch(0, self.ROWS, attributes=codec, compress=compress))) == list(self.ROWS)

    def test_compressed_and_plain_batches_side_by_side(self):
        packed = batch(0, self.ROWS, attributes=4, compress=lambda data: bytes(cramjam.zstd.compress(data)))
        plain = batch(50, [(50, T, None, None, ())])
        assert len(rows(read(packed + plain + packed[:-1]))) == 51


class TestCorruption:
    GOOD = batch(0, [(0, T, b"a", b"1", ())])

    def test_one_bad_batch_between_good_ones_is_a_gap(self):
        bad = bytearray(batch(1, [(1, T, b"b", b"2", ()), (2, T, b"b", b"2", ())]))
        bad[-1] ^= 1
        decoded = read(self.GOOD + bytes(bad) + batch(3, [(3, T, b"c", b"3", ())]))
        assert offsets(decoded) == [0, 3]
        assert decoded.gaps == (Gap("corrupt", 1, 3),)
        assert decoded.next == 4

    def test_a_gap_stays_inside_the_bounds(self):
        bad = bytearray(batch(0, [(o, T, b"b", b"2", ()) for o in range(10)]))
        bad[-1] ^= 1
        assert read(bytes(bad), start=4, stop=6).gaps == (Gap("corrupt", 4, 6),)

    @pytest.mark.parametrize(
        "packed",
        [
            b"\xff" * 64,
            varint(10) + b"\0",
            varint(-3) + b"\0\0\0",
            record(0, 0, b"k", b"v")[:-1] + varint(40),
            varint(7) + b"\0\0\0" + varint(-2) + varint(0) + varint(0) + b"\0",
            varint(6) + b"\0\0\0" + varint(100) + varint(0) + varint(0),
            varint(7) + b"\0\0\0" + varint(0) + varint(0) + varint(1) + varint(-1),
            varint(6) + b"\0\0\0" + varint(0) + varint(0) + varint(-5),
            varint(7) + b"\0\0\0" + varint(0) + varint(0) + varint(0) + b"\0",
            varint(20) + b"\0" + b"\xff" * 19,
        ],
    )
    def test_hostile_records_with_a_right_checksum(self, packed):
        decoded = read(raw_batch(0, packed, count=1, last=0))
        assert decoded.gaps == (Gap("corrupt", 0, 1),)
        assert decoded.records.num_rows == 0

    @pytest.mark.parametrize("count", [-1, 0, 2, 1 << 30])
    def test_a_count_that_lies(self, count):
        decoded = read(raw_batch(0, record(0, 0, b"k", b"v"), count=count, last=0))
        assert decoded.gaps == (Gap("corrupt", 0, 1),)

    def test_an_offset_outside_its_batch(self):
        assert read(raw_batch(5, record(9, 0, b"k", b"v"), count=1, last=5), start=5).gaps == (Gap("corrupt", 5, 6),)

    @pytest.mark.parametrize("codec", [1, 2, 3, 4, 5, 7])
    def test_bytes_that_their_codec_refuses(self, codec):
        decoded = read(raw_batch(0, b"no such data at all", count=1, last=0, attributes=codec))
        assert decoded.gaps == (Gap("corrupt", 0, 1),)

    def test_random_bytes_never_raise(self):
        source = random.Random(11)  # noqa: S311 - repeatable, not secret
        whole = batch(0, [(i, T, b"k%d" % i, b"v" * i, ((b"h", b"x"),)) for i in range(20)])
        for _ in range(300):
            packed = bytearray(whole[61:])
            for _ in range(source.randrange(1, 4)):
                packed[source.randrange(len(packed))] = source.randrange(256)
            decoded = read(raw_batch(0, bytes(packed), count=20, last=19))
            assert decoded.next == 20
            assert decoded.records.num_rows == 20 or decoded.gaps == (Gap("corrupt", 0, 20),)

    def test_damaged_bytes_of_every_kind_never_raise(self):
        source = random.Random(13)  # noqa: S311 - repeatable, not secret
        for path in sorted(RECORDED.glob("*.bin")):
            whole = path.read_bytes()
            for _ in range(150):
                data = bytearray(whole)
                for _ in range(source.randrange(1, 4)):
                    data[source.randrange(len(data))] = source.choice((0, 0x7F, 0x80, 0xFF, source.randrange(256)))
                read(bytes(data[: source.randrange(1, len(data) + 1)]), aborted=((1, 0),))

    @pytest.mark.parametrize("base", [-5, 0, 1 << 40, (1 << 63) - 1])
    def test_a_batch_that_goes_back_or_far_ahead_is_not_listed(self, base):
        second = base.to_bytes(8, "big", signed=True) + batch(3, [(3, T, b"b", b"2", ())])[8:]
        data = self.GOOD + second
        assert [one.base_offset for one in scan(data, 0, len(data), end=4)] == [0]
        assert damaged_head(second, 0, len(second)) is True
        assert damaged_head(second, 0, len(second) - 1) is (base < 0)


class TestOldFormats:
    @pytest.mark.parametrize("magic", [0, 1])
    def test_damage_at_any_place_is_a_gap_or_the_record(self, magic):
        builder = LegacyRecordBatchBuilder(magic, 0, 1 << 20)
        builder.append(0, T, b"k", b"v")
        whole = bytes(builder.build())
        for at in range(8, len(whole)):
            for value in (0, 0x7F, 0x80, 0xFE, 0xFF):
                data = bytearray(whole)
                data[at] = value
                # The right checksum over wrong sizes: nothing but the parser stands in front of them.
                data[12:16] = zlib.crc32(bytes(data[16:])).to_bytes(4, "big")
                read(bytes(data))

    @pytest.mark.parametrize("magic", [0, 1])
    @pytest.mark.parametrize("codec", [0, 1])
    def test_read_by_aiokafkas_parser(self, magic, codec):
        builder = LegacyRecordBatchBuilder(magic, codec, 1 << 20)
        for number in range(3):
            builder.append(number, T + number, b"k", None if number == 1 else b"v")
        data = bytearray(builder.build())
        if codec:
            data[7] = 2
        decoded = read(bytes(data))
        found = decoded.records.to_pylist()
        assert [(r["key"], r["value"]) for r in found] == [(b"k", b"v"), (b"k", None), (b"k", b"v")]
        assert {r["timestamp_type"] for r in found} == {-1 if magic == 0 else 0}
        assert decoded.gaps == ()

    def test_damage_is_a_gap(self):
        builder = LegacyRecordBatchBuilder(1, 0, 1 << 20)
        builder.append(0, T, b"k", b"v")
        data = bytearray(builder.build())
        data[-1] ^= 1
        assert read(bytes(data)).gaps == (Gap("corrupt", 0, 1),)


def test_columns_own_no_more_than_they_need():
    data = batch(0, [(i, T, b"k", b"v" * 1000, ()) for i in range(100)])
    decoded = read(data)
    assert isinstance(decoded.records, pa.RecordBatch)
    assert decoded.records.nbytes < 1.2 * len(data)
