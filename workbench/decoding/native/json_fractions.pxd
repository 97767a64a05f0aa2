"""Numbers with a fraction as JSON."""

from workbench.decoding.native.json_text cimport Sink


cdef bint put_double(Sink* sink, double number) noexcept nogil
cdef bint put_float(Sink* sink, float number) noexcept nogil
