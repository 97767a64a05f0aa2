"""Bytes to envelope: conventions as data, and the exact per-record codec."""

from workbench.decoding.conventions.convention import Convention, TopicConvention, make_convention
from workbench.decoding.conventions.registry import builtin_conventions, load_conventions
from workbench.decoding.record import decode_parts, decode_record

__all__ = [
    "Convention",
    "TopicConvention",
    "builtin_conventions",
    "decode_parts",
    "decode_record",
    "load_conventions",
    "make_convention",
]
