"""Writes the headers of replays as JSON."""

from workbench.decoding.native.facts cimport Facts
from workbench.decoding.native.values cimport Value


cdef Value replay_text(Facts facts) noexcept nogil
