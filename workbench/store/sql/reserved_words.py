"""Lets a query name the column ``offset`` without quotes, although SQL has a word of that name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from collections.abc import Collection

_WORD = "offset"
HINT = 'offset is a word of SQL: as a column it is written in double quotes, "offset".'


def readable(query: str) -> str:
    """Return a query that DuckDB can parse: as it is, else with ``offset`` in double quotes where it is a column.

    A query that cannot be parsed either way is returned as it is.
    """
    if _WORD not in query.lower() or _parses(query):
        return query
    changed = quoted(query, {_WORD}, clauses=True)
    return changed if _parses(changed) else query


def readable_condition(condition: str) -> str:
    """Do the same for one condition."""
    before, after = "SELECT 1 WHERE ", "\n"
    found = readable(f"{before}{condition}{after}")
    return found.removeprefix(before).removesuffix(after)


def hint_for(query: str) -> str:
    """Return a hint for the error of a query that cannot be parsed; empty if the word is not the cause."""
    return f"\n{HINT}" if _WORD in query.lower() and not _parses(query) else ""


def _parses(query: str) -> bool:
    try:
        duckdb.extract_statements(query)
    except duckdb.Error:
        return False
    return True


def quoted(text: str, words: Collection[str], *, clauses: bool = False) -> str:
    """Put words that stand for columns into double quotes; texts and comments stay as they are.

    Args:
        text: SQL.
        words: The names of the columns, in lower case.
        clauses: A word before a number or a parameter is no column: ``LIMIT 5 OFFSET 10``.
    """
    raw = text.encode()  # DuckDB counts bytes
    try:
        starts = [start for start, _ in duckdb.tokenize(text)]
    except duckdb.Error:
        return text
    tokens = [raw[start:end].strip() for start, end in zip(starts, [*starts[1:], len(raw)], strict=False)]
    pieces, done = [], 0
    for start, word, following in zip(starts, tokens, [*tokens[1:], b""], strict=False):
        is_clause = clauses and (following[:1].isdigit() or following[:1] in (b"$", b"?"))
        if word.decode("utf-8", "replace").lower() in words and not is_clause:
            pieces += [raw[done:start], b'"' + word + b'"']
            done = start + len(word)
    return b"".join([*pieces, raw[done:]]).decode()
