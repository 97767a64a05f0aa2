"""Lets a query name the column ``offset`` without quotes, although SQL has a word of that name."""

from __future__ import annotations

import duckdb

_WORD = b"offset"
HINT = 'offset is a word of SQL: as a column it is written in double quotes, "offset".'


def readable(query: str) -> str:
    """Return a query that DuckDB can parse: as it is, else with ``offset`` in double quotes where it is a column.

    A query that cannot be parsed either way is returned as it is.
    """
    if _WORD not in query.lower().encode() or _parses(query):
        return query
    quoted = _quoted(query)
    return quoted if _parses(quoted) else query


def readable_condition(condition: str) -> str:
    """Do the same for one condition."""
    before, after = "SELECT 1 WHERE ", "\n"
    found = readable(f"{before}{condition}{after}")
    return found.removeprefix(before).removesuffix(after)


def hint_for(query: str) -> str:
    """Return a hint for the error of a query that cannot be parsed; empty if the word is not the cause."""
    return f"\n{HINT}" if _WORD in query.lower().encode() and not _parses(query) else ""


def _parses(query: str) -> bool:
    try:
        duckdb.extract_statements(query)
    except duckdb.Error:
        return False
    return True


def _quoted(query: str) -> str:
    raw = query.encode()  # DuckDB counts bytes
    try:
        tokens = duckdb.tokenize(query)
    except duckdb.Error:
        return query
    ends = [start for start, _ in tokens[1:]] + [len(raw)]
    words = [raw[start:end].strip() for (start, _), end in zip(tokens, ends, strict=True)]
    pieces, done = [], 0
    for number, ((start, _), word) in enumerate(zip(tokens, words, strict=True)):
        following = words[number + 1] if number + 1 < len(words) else b""
        # LIMIT 5 OFFSET 10: followed by a number or a parameter it is the clause.
        if word.lower() == _WORD and not (following[:1].isdigit() or following[:1] in (b"$", b"?")):
            pieces += [raw[done:start], b'"' + word + b'"']
            done = start + len(word)
    return b"".join([*pieces, raw[done:]]).decode()
