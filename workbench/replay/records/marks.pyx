# cython: language_level=3, boundscheck=False, wraparound=False
"""Looks for the marks of a run, the headers ``x-replay-id`` and ``x-replay-seq``, on records that were read back."""

from libc.stdint cimport int32_t, int64_t

from workbench.buffers.marks cimport OF_RECORD, OF_RUN, WRONG_MARK, Mark, Marks, bytes_of, mark_of
from workbench.buffers.slices cimport Column, address, column_of, value_at


def marked_as(headers, const int64_t[::1] seqs not None, bytes run_id not None):
    """Tell whether each record carries the id of a run and its own seq, each once.

    Args:
        headers: List array of name and value.
        seqs: Of each record.
        run_id: Its text.
    """
    pairs, bounds = headers.values.flatten(), headers.offsets
    if headers.null_count or len(headers) != seqs.shape[0]:
        return False
    cdef Column names = column_of(pairs[0]), contents = column_of(pairs[1])
    cdef const int32_t* ends = <const int32_t*>address(bounds.buffers()[1]) + <int64_t>bounds.offset
    cdef int64_t row, at, ids, numbers, count = seqs.shape[0]
    cdef bint equal = True
    cdef Mark mark
    cdef Marks marks
    marks.run_name, marks.run, marks.number_name = bytes_of(b"x-replay-id"), bytes_of(run_id), bytes_of(b"x-replay-seq")
    with nogil:
        for row in range(count):
            ids = numbers = 0
            for at in range(ends[row], ends[row + 1]):
                mark = mark_of(&marks, value_at(&names, at), value_at(&contents, at), seqs[row])
                ids += mark == OF_RUN
                numbers += mark == OF_RECORD
                equal = equal and mark != WRONG_MARK
            if ids != 1 or numbers != 1 or not equal:
                equal = False
                break
    return bool(equal)
