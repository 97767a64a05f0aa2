"""Arrow's C data interface, and the rows of a column in it."""

from libc.stdint cimport int64_t, uint8_t


cdef struct ArrowArray:
    int64_t length
    int64_t null_count
    int64_t offset
    int64_t n_buffers
    int64_t n_children
    const void** buffers
    ArrowArray** children
    ArrowArray* dictionary
    void (*release)(ArrowArray*) noexcept
    void* private_data


cdef struct Bits:
    const uint8_t* at  # NULL where all are set
    int64_t first


cdef struct Rows:
    int64_t first  # in the array of the values
    int64_t count
    Bits outer  # rows of the struct that the values are in
    Bits inner  # rows that have a value, where the struct is not null


cdef inline Bits no_bits() noexcept nogil:
    cdef Bits bits
    bits.at, bits.first = NULL, 0
    return bits


cdef inline Bits validity(const ArrowArray* array, int64_t first) noexcept nogil:
    """Return which values of an array are not null, from one on."""
    cdef Bits bits
    bits.at, bits.first = <const uint8_t*>array.buffers[0], first
    if array.null_count == 0:
        bits.at = NULL
    return bits


cdef inline bint bit(Bits bits, int64_t at) noexcept nogil:
    return bits.at == NULL or bits.at[(bits.first + at) >> 3] >> ((bits.first + at) & 7) & 1


cdef inline uint8_t eight_bits(Bits bits, int64_t at, int64_t count) noexcept nogil:
    """Return up to eight bits from a place on, where the last of ``count`` bits may be among them."""
    cdef int64_t place = bits.first + at
    cdef int shift = place & 7
    cdef int64_t left = count - at
    cdef unsigned int found = 0xFF
    if bits.at != NULL:
        found = bits.at[place >> 3] >> shift
        # Nothing is read behind the byte of the last bit.
        if shift + left > 8:
            found |= <unsigned int>bits.at[(place >> 3) + 1] << (8 - shift)
    return <uint8_t>(found & 0xFF if left >= 8 else found & ((1 << left) - 1))


cdef inline uint8_t present(const Rows* rows, int64_t at) noexcept nogil:
    """Return which of eight rows from a place on have a value."""
    return eight_bits(rows.outer, at, rows.count) & eight_bits(rows.inner, at, rows.count)
