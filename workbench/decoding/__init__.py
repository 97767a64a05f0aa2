"""Decodes raw records into events: `Decoder` for columns, `decode_record` for one record.

Formats read values into trees; conventions say where in headers and trees the parts of an envelope are. `Decoder` and
its summary need numpy and Arrow, so they are loaded when they are first used, and so is what decodes one record: a
command that captures needs no other.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from workbench.decoding.conventions.convention import Convention, TopicConvention
from workbench.decoding.conventions.registry import builtin_conventions, load_conventions, make_convention
from workbench.decoding.formats.format import CutOffError, Format, OtherFormatError, ReadValue
from workbench.decoding.formats.registry import read_value, register_format, registered_formats, unregister_format
from workbench.decoding.value_tree import MISSING, NumberText

if TYPE_CHECKING:
    from workbench.decoding.compiled.decoder import Decoder
    from workbench.decoding.compiled.summary import ConventionShare, TopicSummary, summarise
    from workbench.decoding.record import decode_parts, decode_record

__all__ = [
    "MISSING",
    "Convention",
    "ConventionShare",
    "CutOffError",
    "Decoder",
    "Format",
    "NumberText",
    "OtherFormatError",
    "ReadValue",
    "TopicConvention",
    "TopicSummary",
    "builtin_conventions",
    "decode_parts",
    "decode_record",
    "load_conventions",
    "make_convention",
    "read_value",
    "register_format",
    "registered_formats",
    "summarise",
    "unregister_format",
]
_LATER = {
    "Decoder": "compiled.decoder",
    "ConventionShare": "compiled.summary",
    "TopicSummary": "compiled.summary",
    "summarise": "compiled.summary",
    "decode_parts": "record",
    "decode_record": "record",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"workbench.decoding.{_LATER[name]}"), name)
