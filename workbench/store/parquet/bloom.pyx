# cython: language_level=3, boundscheck=False, wraparound=False
"""Parquet's Bloom filter: blocks of eight words, in one of which a value sets a bit of each word.

The upper half of a value's XXH64 chooses the block, the lower half, times one odd number for each word, the bits.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

cdef enum:
    _BLOCK_BYTES = 32
    _MOST_BYTES = 1 << 20

cdef uint32_t[8] _SALTS = [
    0x47B6137BU, 0x44974D91U, 0x8824AD5BU, 0xA2B7289DU, 0x705495C7U, 0x2DF1424BU, 0x9EFC4947U, 0x5C6BFB31U
]

cdef uint64_t _P1 = 0x9E3779B185EBCA87U
cdef uint64_t _P2 = 0xC2B2AE3D27D4EB4FU
cdef uint64_t _P3 = 0x165667B19E3779F9U
cdef uint64_t _P4 = 0x85EBCA77C2B2AE63U
cdef uint64_t _P5 = 0x27D4EB2F165667C5U


cdef class Bloom:
    """A filter of one column of a row group."""

    def __dealloc__(self):
        free(self.words)

    cdef bint begin(self, int64_t values) noexcept nogil:
        """Make it empty, of a size at which one of a hundred other values is found; False where there is no memory."""
        # 9.7 bits for each value do that; a size is a power of two, as some readers need it.
        cdef int64_t size = _BLOCK_BYTES
        while size * 8 < values * 9.7 and size < _MOST_BYTES:
            size *= 2
        free(self.words)
        self.words = <uint32_t*>calloc(1, <size_t>size)
        self.size = size
        return self.words != NULL

    cdef void add(self, uint64_t hashed) noexcept nogil:
        cdef uint64_t blocks = <uint64_t>self.size // _BLOCK_BYTES
        cdef uint32_t* block = self.words + 8 * (((hashed >> 32) * blocks) >> 32)
        cdef int word
        for word in range(8):
            block[word] |= <uint32_t>1 << ((<uint32_t>hashed * _SALTS[word]) >> 27)


cdef inline uint64_t _turned(uint64_t word, int bits) noexcept nogil:
    return word << bits | word >> (64 - bits)


cdef inline uint64_t _word(const uint8_t* at) noexcept nogil:
    cdef uint64_t word
    memcpy(&word, at, 8)
    return word


cdef inline uint64_t _round(uint64_t sum_, uint64_t word) noexcept nogil:
    return _turned(sum_ + word * _P2, 31) * _P1


cdef uint64_t xxh64(const void* content, int64_t size) noexcept nogil:
    """Hash bytes by XXH64 with the seed 0, as Parquet prescribes for its filters."""
    cdef const uint8_t* at = <const uint8_t*>content
    cdef const uint8_t* end = at + size
    cdef uint64_t sums[4]
    cdef uint64_t hashed = _P5
    cdef uint32_t half
    cdef int lane
    if size >= 32:
        sums[0], sums[1], sums[2], sums[3] = _P1 + _P2, _P2, 0, 0 - _P1
        while end - at >= 32:
            for lane in range(4):
                sums[lane] = _round(sums[lane], _word(at + 8 * lane))
            at += 32
        hashed = _turned(sums[0], 1) + _turned(sums[1], 7) + _turned(sums[2], 12) + _turned(sums[3], 18)
        for lane in range(4):
            hashed = (hashed ^ _round(0, sums[lane])) * _P1 + _P4
    hashed += <uint64_t>size
    while end - at >= 8:
        hashed = _turned(hashed ^ _round(0, _word(at)), 27) * _P1 + _P4
        at += 8
    if end - at >= 4:
        memcpy(&half, at, 4)
        hashed = _turned(hashed ^ (<uint64_t>half * _P1), 23) * _P2 + _P3
        at += 4
    while at < end:
        hashed = _turned(hashed ^ (at[0] * _P5), 11) * _P1
        at += 1
    hashed = (hashed ^ hashed >> 33) * _P2
    hashed = (hashed ^ hashed >> 29) * _P3
    return hashed ^ hashed >> 32
