# cython: language_level=3, boundscheck=False, wraparound=False
"""Lists the record batches of fetched bytes, and tells data from control records and aborted data.

Compiled, because many producers send a batch for each record. Layout of a header of format 2 (big-endian; the number
in front is where a field begins):

    0 base offset, 8 length of what follows, 12 leader epoch, 16 magic, 17 checksum, 21 attributes, 23 last offset
    delta, 27 base timestamp, 35 max timestamp, 43 producer id, 51 producer epoch, 53 base sequence, 57 record count

Formats 0 and 1 have offset, length and magic at the same places; `legacy` reads the rest of them.
"""

from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint32_t, uint64_t

from workbench.bus.kafka.fetching.legacy import SMALLEST

LARGEST_BATCH = 256 << 20
"""Bytes that no sound batch exceeds."""
DATA, CONTROL, ABORTED = "data", "control", "aborted"

cdef enum:
    PREFIX = 12  # base offset and length
    MAGIC_AT = 16
    HEADER = 61
    NEWEST = 2  # format that is read here
    IN_TRANSACTION = 0x10
    MARKER = 0x20
    AHEAD = 100_000  # offsets that records may lie beyond the high watermark: the broker notes it before it reads them
    ABORT = 0  # type of an abort marker
cdef int64_t _SMALLEST = SMALLEST
cdef int64_t _MOST_OFFSET = 1 << 62  # no log gets there, and sums of such offsets fit their integers


cdef class Batch:
    """One record batch: its place in the bytes, its header, and its kind (data, control or aborted)."""

    cdef readonly int64_t at, stop, base_offset, last_offset, base_timestamp, max_timestamp, producer_id, record_count
    cdef readonly int magic, attributes
    cdef readonly uint32_t crc
    cdef readonly str kind

    def overlap(self, int64_t start, int64_t stop):
        """Return how many offsets of the batch lie between two offsets."""
        return max(0, min(self.last_offset + 1, stop) - max(self.base_offset, start))


def scan(const uint8_t[::1] data not None, int64_t at, int64_t stop, *, aborted=(), isolation="read_committed", end=None):
    """List the complete batches in ``data[at:stop]``; a last one that is cut off is left out.

    It ends before a batch whose header cannot be true: one that goes back, or ends above the log.

    Args:
        data: The bytes of a fetch answer.
        at: Index of the first batch of the partition.
        stop: Index behind its last batch.
        aborted: ``(producer id, first offset)`` of the aborted transactions that the answer lists.
        isolation: With ``read_uncommitted`` aborted transactions count as data.
        end: High watermark that came with the bytes; None or less than 1 where it is not known.
    """
    transactions = _AbortedTransactions(aborted if isolation == "read_committed" else ())
    cdef int64_t watermark = 0 if end is None else end
    cdef int64_t length, behind, last = -1
    cdef Batch batch
    cdef list found = []
    if not 0 <= at <= stop <= data.shape[0]:
        raise IndexError("the batches lie outside of the bytes")
    while at + PREFIX <= stop:
        length = _integer(data, at + 8, 4)
        behind = at + PREFIX + length
        # The broker sends bytes of its log up to the size limit, wherever that lies: the last batch may be cut off. It
        # comes whole with the next fetch, which begins at its first offset.
        if behind > stop or length < _SMALLEST:
            break
        if data[at + MAGIC_AT] < NEWEST:
            batch = _older(data, at, behind, last + 1)
        elif length < HEADER - PREFIX:
            break
        else:
            batch = _read_header(data, at, behind)
            if batch.attributes & (MARKER | IN_TRANSACTION):
                batch.kind = transactions.kind(batch, data)
        # The checksum does not cover the base offset. Believing a wrong one would pass records that were never read.
        if not last < batch.base_offset <= batch.last_offset < _MOST_OFFSET:
            break
        if batch.last_offset - AHEAD > watermark > 0:
            break
        found.append(batch)
        last = batch.last_offset
        at = behind
    return found


def damaged_head(const uint8_t[::1] data not None, int64_t at, int64_t stop):
    """Whether the first batch has a header that cannot be true; a batch that is only cut off is not damaged."""
    cdef int64_t length
    if not 0 <= at <= stop <= data.shape[0] or at + PREFIX > stop:
        return False
    length = _integer(data, at + 8, 4)
    return _integer(data, at, 8) < 0 or not _SMALLEST <= length <= LARGEST_BATCH or at + PREFIX + length <= stop


cdef class _AbortedTransactions:
    """Tells control records, aborted data and data of transactions apart, batch after batch in offset order.

    A producer id alone does not tell: the same producer may commit its next transaction. Its batches are aborted from
    the first offset that the answer lists up to the abort marker, so list and markers are consumed in offset order.
    """

    cdef list _listed
    cdef int64_t _passed
    cdef set _open

    def __init__(self, aborted):
        self._listed = sorted(aborted, key=lambda pair: pair[1])
        self._passed = 0
        self._open = set()

    cdef str kind(self, Batch batch, const uint8_t[::1] data):
        while self._passed < len(self._listed) and self._listed[self._passed][1] <= batch.last_offset:
            self._open.add(self._listed[self._passed][0])
            self._passed += 1
        # Control batches come in both isolations; they take offsets and are never data.
        if batch.attributes & MARKER:
            if self._open and _control_type(data, batch.at + HEADER, batch.stop) == ABORT:
                self._open.discard(batch.producer_id)
            return CONTROL
        # Without the transactional bit a batch belongs to no transaction, whoever wrote it.
        return ABORTED if batch.producer_id in self._open else DATA


cdef Batch _older(const uint8_t[::1] data, int64_t at, int64_t stop, int64_t after):
    """Read where a message of format 0 or 1 lies.

    A compressed set of messages carries the offset of its last one; the first comes after the batch before.
    """
    cdef Batch batch = Batch.__new__(Batch)
    batch.at, batch.stop, batch.magic = at, stop, data[at + MAGIC_AT]
    batch.base_offset, batch.last_offset = after, _integer(data, at, 8)
    batch.base_timestamp = batch.max_timestamp = batch.producer_id = -1
    batch.record_count = _sum(batch.last_offset, 1 - after)
    batch.kind = DATA
    return batch


cdef Batch _read_header(const uint8_t[::1] data, int64_t at, int64_t stop):
    cdef Batch batch = Batch.__new__(Batch)
    batch.at, batch.stop, batch.magic = at, stop, <int8_t>data[at + MAGIC_AT]
    batch.base_offset = _integer(data, at, 8)
    batch.crc = <uint32_t>_integer(data, at + 17, 4)
    batch.attributes = <int>_integer(data, at + 21, 2)
    batch.last_offset = _sum(batch.base_offset, _integer(data, at + 23, 4))
    batch.base_timestamp = _integer(data, at + 27, 8)
    batch.max_timestamp = _integer(data, at + 35, 8)
    batch.producer_id = _integer(data, at + 43, 8)
    batch.record_count = _integer(data, at + 57, 4)
    batch.kind = DATA
    return batch


cdef int64_t _control_type(const uint8_t[::1] data, int64_t at, int64_t stop):
    """Read the type of a control batch's only record: its key holds a version and a type, two 16-bit integers each."""
    cdef int skipped
    at = _skip_varint(data, at, stop) + 1
    for skipped in range(3):
        at = _skip_varint(data, at, stop)
    return _integer(data, at + 2, 2) if at + 4 <= stop else -1


cdef int64_t _skip_varint(const uint8_t[::1] data, int64_t at, int64_t stop) noexcept:
    while at < stop and data[at] & 0x80:
        at += 1
    return at + 1


cdef int64_t _sum(int64_t one, int64_t other) noexcept:
    """Add two numbers of a header, which may be anything; in C the sum of signed ones must not overflow."""
    return <int64_t>(<uint64_t>one + <uint64_t>other)


cdef int64_t _integer(const uint8_t[::1] data, int64_t at, int size) noexcept:
    """Read a signed big-endian integer of 2, 4 or 8 bytes; the caller has checked that they are there."""
    cdef uint64_t found = 0
    cdef int byte
    for byte in range(size):
        found = found << 8 | data[at + byte]
    if size == 8:
        return <int64_t>found
    return <int32_t><uint32_t>found if size == 4 else <int16_t><uint32_t>found
