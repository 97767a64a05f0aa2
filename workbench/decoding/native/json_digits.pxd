"""Writes the digits of whole numbers, two at a time."""

from libc.stdint cimport uint8_t, uint64_t

cdef enum:
    MOST_DIGITS = 20  # of 64 bits

cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>
    static const char wb_pairs[] =
        "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748"
        "49505152535455565758596061626364656667686970717273747576777879808182838485868788899091929394959697"
        "9899";
    static inline int wb_digit_count(uint64_t number) {
        int count = 1;
        while (number >= 10000) {
            number /= 10000;
            count += 4;
        }
        return count + (number >= 10) + (number >= 100) + (number >= 1000);
    }
    static inline int wb_write_digits(uint8_t* out, uint64_t number) {
        int count = wb_digit_count(number), at = count;
        while (number >= 100) {
            at -= 2;
            memcpy(out + at, wb_pairs + 2 * (number % 100), 2);
            number /= 100;
        }
        if (number >= 10) memcpy(out, wb_pairs + 2 * number, 2);
        else out[0] = (uint8_t)('0' + number);
        return count;
    }
    """
    int wb_digit_count(uint64_t number) nogil
    int wb_write_digits(uint8_t* out, uint64_t number) nogil  # returns how many there are
