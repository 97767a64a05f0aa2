"""Reads dead letters that name their original record in the body."""

from libc.stdint cimport int32_t, int64_t, uint8_t

from workbench.decoding.native.copies cimport Marks
from workbench.decoding.native.decision cimport Decision
from workbench.decoding.native.facts cimport Facts
from workbench.decoding.native.json cimport Token, Tokens
from workbench.decoding.native.problems cimport Problems
from workbench.decoding.native.program cimport Letter, Program
from workbench.decoding.native.values cimport Value


cdef struct LetterParts:
    Marks marks
    int32_t depth  # 0 where layers are not counted
    Value root, original, original_via, correlation
    bint position_first


cdef class LetterReader:
    cdef Program _program
    cdef Tokens _layer
    cdef Tokens _next
    cdef const uint8_t* _data

    cdef const Letter* shape_of(self, const Decision* decision) noexcept nogil
    cdef bint read(self, Facts facts, const Letter* letter, Problems* problems, LetterParts* parts) noexcept nogil
    cdef void _swap(self) noexcept nogil
    cdef bint _scan(self, Facts facts, const uint8_t* data, int64_t start, int64_t stop) noexcept nogil
    cdef const Token* _at(self, int32_t bit) noexcept nogil
    cdef bint _text(self, Facts facts, int32_t bit, Value* text) noexcept nogil
    cdef void _read_origin(self, Facts facts, const Letter* letter, Marks* marks) noexcept nogil
    cdef void _read_error(self, Facts facts, const Letter* letter, Marks* marks) noexcept nogil
    cdef void _note_content(self, Facts facts, const Letter* letter, Problems* problems) noexcept nogil
    cdef bint _open(self, Facts facts, const Letter* letter) noexcept nogil
    cdef bint _scan_text(self, Facts facts, const Token* token) noexcept nogil
    cdef void _read_correlation(self, Facts facts, const Letter* letter, LetterParts* parts) noexcept nogil
