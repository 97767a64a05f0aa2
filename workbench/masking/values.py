"""Masks members of values. What cannot be read is masked as a whole: a rule that finds nothing must not show all."""

from __future__ import annotations

from json.encoder import encode_basestring_ascii
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.decoding.formats.json import parse_json
from workbench.decoding.value_tree import NumberText
from workbench.masking.program import compiled
from workbench.masking.rewriting import Rewriter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from workbench.config.masking import MaskingRule
    from workbench.masking.actions import Replacer

UNREADABLE = b'"*** (masked: the value could not be read)"'
"""Stands for a value of which nobody knows the members."""


class ValueMask:
    """Masks values of one topic by its rules; the first rule that fits a member counts.

    Args:
        rules: The rules that are about values, with what replaces.
    """

    def __init__(self, rules: Sequence[tuple[MaskingRule, Replacer]]) -> None:
        self._whole = next((replacer for rule, replacer in rules if rule.value), None)
        with_paths = [one for one in rules if not one[0].value]
        self._replacers = [replacer for _, replacer in with_paths]
        constants = [
            encode_basestring_ascii(one.replacement).encode() if one.action == "replace" else None
            for one in self._replacers
        ]
        removes = [*(one.action == "remove" for one in self._replacers), True]
        program = compiled([rule for rule, _ in with_paths])
        self._rewriter = Rewriter(program, constants, removes, self._shown, UNREADABLE)

    def masked(self, values: pa.Array, read: pa.Array | None) -> tuple[pa.Array, NDArray[np.bool_]]:
        """Mask values; returns them, and which changed. Null and empty ones stay.

        Args:
            values: Binary array.
            read: The values as JSON, where another format read them; null in other rows.
        """
        if self._whole is not None:
            return self._masked_whole(self._whole, values)
        if read is None or read.null_count == len(read):
            return self._rewriter.rewritten(values, np.zeros(len(values), np.uint8))
        texts = pc.coalesce(read.cast(pa.binary()), values)
        return self._rewriter.rewritten(texts, read.is_valid().to_numpy(zero_copy_only=False).view(np.uint8))

    def _masked_whole(self, replacer: Replacer, values: pa.Array) -> tuple[pa.Array, NDArray[np.bool_]]:
        coded = values.dictionary_encode()
        plain = coded.dictionary.to_pylist()
        shown = [_text(replacer.text(value)) if value else value for value in plain]
        changed = pc.fill_null(pc.greater(pc.binary_length(values), 0), False)
        return pa.array(shown, values.type).take(coded.indices), changed.to_numpy(zero_copy_only=False)

    def _shown(self, rule: int, plain: bytes, is_text: bool) -> bytes:  # noqa: FBT001 - called by compiled code
        """Return the JSON that stands for a value of which it depends on the value what that is."""
        is_bare = is_text or plain[:1] not in b"{["
        return _text(self._replacers[rule].text(plain if is_bare else _in_one_form(plain)))


def _text(shown: str | None) -> bytes:
    return b"null" if shown is None else encode_basestring_ascii(shown).encode()


def _in_one_form(json_text: bytes) -> bytes:
    """Write JSON without white space, and of members of one name the last: the same value gives the same hash."""
    return _written(parse_json(json_text)).encode()


def _written(tree: Any) -> str:
    """Write a tree as JSON, numbers as they were written."""
    if isinstance(tree, NumberText):
        return str(tree)
    if isinstance(tree, str):
        return encode_basestring_ascii(tree)
    if isinstance(tree, dict):
        return (
            "{" + ",".join(f"{encode_basestring_ascii(name)}:{_written(value)}" for name, value in tree.items()) + "}"
        )
    if isinstance(tree, list):
        return "[" + ",".join(map(_written, tree)) + "]"
    return "null" if tree is None else "true" if tree is True else "false" if tree is False else str(tree)
