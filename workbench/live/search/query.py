"""Defines what a search looks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from workbench.errors import ValidationError
from workbench.text import counted, number_text, visible, visible_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

WordsLike: TypeAlias = "str | Sequence[str]"
RegexLike: TypeAlias = "str | re.Pattern[str]"

LIMIT_CHARACTERS = 2_000
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """Conditions of a search; a record has to meet all of them. Without any, every record matches.

    Attributes:
        where: A condition in SQL over the columns of a record.
        words: Texts that must occur in key, value or headers, whatever their case.
        regex: A regular expression (RE2) that must match in key, value or a header.
        key: The key, exactly.
    """

    where: str | None = None
    words: tuple[str, ...] = ()
    regex: str | None = None
    key: bytes | None = None

    def __str__(self) -> str:
        parts = [
            f"where {visible(self.where, _SHOWN)}" if self.where is not None else "",
            f"words {visible(' '.join(self.words), _SHOWN)}" if self.words else "",
            f"regular expression {visible(self.regex, _SHOWN)}" if self.regex is not None else "",
            f"key {visible_bytes(self.key, _SHOWN)}" if self.key is not None else "",
        ]
        return ", ".join(part for part in parts if part) or "every record"


def make_query(
    where: str | None = None,
    words: WordsLike | None = None,
    regex: RegexLike | None = None,
    key: str | bytes | None = None,
) -> SearchQuery:
    """Check the conditions of a search.

    Args:
        where: A condition in SQL.
        words: A text, which is split at blanks, or texts that are taken as they are.
        regex: A regular expression; of a compiled one, ignoring case is kept.
        key: The key; a text is its UTF-8 bytes.

    Raises:
        ValidationError: A condition is empty, too long, or of another type.
    """
    found = SearchQuery(
        where=None if where is None else _checked("where", where),
        words=_words(words),
        regex=None if regex is None else _checked("regex", _regex_text(regex)),
        key=key.encode("utf-8", "surrogateescape") if isinstance(key, str) else key,
    )
    if found.key is not None and not isinstance(found.key, bytes):
        raise _refused("key", f"a key is text or bytes, not {type(key).__name__}")
    return found


def _words(words: WordsLike | None) -> tuple[str, ...]:
    if words is None:
        return ()
    found = tuple(words.split()) if isinstance(words, str) else tuple(words)
    if not found or not all(isinstance(word, str) and word for word in found):
        raise _refused("words", "there is no word in them, or one that is no text")
    _checked("words", " ".join(found))
    return found


def _regex_text(regex: RegexLike) -> str:
    if not isinstance(regex, re.Pattern):
        return regex
    other = regex.flags & ~(re.IGNORECASE | re.UNICODE)
    if other or not isinstance(regex.pattern, str):
        raise _refused("regex", "of a compiled expression only text and re.IGNORECASE are known; write flags as (?s)")
    return f"(?i){regex.pattern}" if regex.flags & re.IGNORECASE else regex.pattern


def _checked(name: str, text: str) -> str:
    if not isinstance(text, str) or not text.strip():
        raise _refused(name, "it has to be text, and not empty")
    if len(text) > LIMIT_CHARACTERS:
        raise _refused(name, f"it has {counted(len(text), 'character')}; {number_text(LIMIT_CHARACTERS)} is the most")
    return text


def _refused(name: str, why: str) -> ValidationError:
    message = f"The search cannot begin: {name}= cannot be used, {why}."
    return ValidationError(message, errors=[(name, message, "str")])
