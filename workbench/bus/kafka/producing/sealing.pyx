# cython: language_level=3, boundscheck=False, wraparound=False
"""Writes the header of a record batch in front of its records, with their CRC-32C: no copy of the records is made.

The checksum is the processor's own instruction where it has it (SSE 4.2); elsewhere google_crc32c computes it.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint8_t, uint32_t
from libc.string cimport memcpy

import google_crc32c

cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>

    #if defined(__x86_64__) && defined(__GNUC__)
    #define HAS_SSE42() (__builtin_cpu_supports("sse4.2"))
    /* Compiled for SSE 4.2 alone of all functions, and called only where the processor has it. */
    __attribute__((target("sse4.2")))
    static uint32_t sse42_crc32c(const uint8_t *at, int64_t size) {
        uint64_t crc = 0xFFFFFFFFu, eight;
        for (; size >= 8; size -= 8, at += 8) {
            memcpy(&eight, at, 8);
            crc = __builtin_ia32_crc32di(crc, eight);
        }
        for (; size > 0; size--, at++) crc = __builtin_ia32_crc32qi((uint32_t)crc, *at);
        return (uint32_t)crc ^ 0xFFFFFFFFu;
    }
    #else
    #define HAS_SSE42() 0
    static uint32_t sse42_crc32c(const uint8_t *at, int64_t size) { return 0; }
    #endif
    """
    bint HAS_SSE42() nogil
    uint32_t sse42_crc32c(const uint8_t* at, int64_t size) nogil

cdef enum:
    CHECKSUM = 17  # where the checksum stands in the header
    CHECKED = 21  # where the bytes begin that it covers


def seal(bytes batch not None, bytes header not None):
    """Write the header of a batch over the room in front of its records, then the checksum into it.

    Args:
        batch: Room for the header, then the records. It is changed in place: nobody else may know it yet.
        header: Its checksum is not looked at.

    Raises:
        ValueError: The batch has no room for the header.
    """
    cdef int64_t size = PyBytes_GET_SIZE(batch), head = PyBytes_GET_SIZE(header)
    cdef uint8_t* at = <uint8_t*>PyBytes_AS_STRING(batch)
    cdef uint32_t checksum
    if head < CHECKED or size < head:
        raise ValueError("the batch has no room for its header")
    memcpy(at, PyBytes_AS_STRING(header), <size_t>head)
    if HAS_SSE42():
        with nogil:
            checksum = sse42_crc32c(at + CHECKED, size - CHECKED)
    else:
        checksum = google_crc32c.value(batch[CHECKED:])
    at[CHECKSUM], at[CHECKSUM + 1] = checksum >> 24, checksum >> 16 & 0xFF
    at[CHECKSUM + 2], at[CHECKSUM + 3] = checksum >> 8 & 0xFF, checksum & 0xFF
