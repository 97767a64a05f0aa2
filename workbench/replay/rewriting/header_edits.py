"""Makes the edits of headers: set by texts with fields of the record, removed by pattern, renamed, or by a function."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from workbench.errors import ConfigurationError
from workbench.replay.replay_mark import X_REPLAY
from workbench.replay.rewriting.header_patches import (
    check_header_operation,
    header_path,
    patch_between_headers,
    patched_headers,
    written,
)
from workbench.replay.rewriting.json_body import NotRewritable
from workbench.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from workbench.model import HeaderList

FIELDS = ("topic", "partition", "offset", "timestamp_ms", "key", "event_id", "event_type", "correlation_id")
"""Fields of a record that stand in a template as ``{topic}``; ``{old}`` is the header's own content before."""
_FIELD = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")
_OLD = "old"


@dataclass(frozen=True, slots=True)
class HeaderEdit:
    """What is done to the headers of every record: removed, then renamed, then set.

    Attributes:
        set: Contents by name: a text with fields in braces, bytes, or None for a header that is null.
        remove: Names, with * for any text.
        rename: New names by old ones.
        function: Gets the headers as pairs of a name and its bytes, and returns the new ones; instead of all others.
    """

    set: Mapping[str, str | bytes | None]
    remove: Sequence[str]
    rename: Mapping[str, str]
    function: Callable[[list[tuple[str, bytes | None]]], Iterable[tuple[str, str | bytes | None]]] | None = None

    def __post_init__(self) -> None:
        """Check the names and templates.

        Raises:
            ConfigurationError: Nothing is asked for, or a name or field that cannot be.
        """
        if (self.function is None) == (not self.set and not self.remove and not self.rename):
            raise ConfigurationError("Name what to change in the headers: set=, remove= and rename=, or a function.")
        if inspect.iscoroutinefunction(self.function):
            raise ConfigurationError("The function is a coroutine function (async def); it must return the headers.")
        for name in (*self.set, *self.rename.values()):
            if not isinstance(name, str) or not name or name.encode().startswith(X_REPLAY):
                raise ConfigurationError(
                    f"{name!r} is no name for a header that an edit sets: x-replay-… is written by the run itself."
                )
        for content in self.set.values():
            if isinstance(content, str):
                _check_template(content)
            elif content is not None and not isinstance(content, bytes):
                raise ConfigurationError(f"{content!r} is no content of a header; use a text, bytes or None.")

    def operations(self, headers: HeaderList, fields: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the operations that edit the headers of one record; none where they stay as they are.

        Args:
            headers: The headers.
            fields: The record's values of `FIELDS`.

        Raises:
            NotRewritable: A field of a template is missing in the record, or the function fails.
        """
        if self.function is not None:
            return patch_between_headers(headers, self._called(headers))
        names = [name for name in dict.fromkeys(map(_text, (one for one, _ in headers))) if name is not None]
        gone = {name for name in names if any(fnmatchcase(name, pattern) for pattern in self.remove)}
        found: list[dict[str, Any]] = [{"op": "remove", "path": header_path(name)} for name in names if name in gone]
        for old, new in self.rename.items():
            if old in names and old not in gone:
                found.append({"op": "move", "from": header_path(old), "path": header_path(new)})
        done = patched_headers(headers, found)
        for name, content in self.set.items():
            old_content = next((one for known, one in done if known == name.encode()), None)
            value = content
            if isinstance(content, str):
                value = _filled(content, name, {**fields, _OLD: old_content})
            elif content is not None:
                value = written(content)
            found.append({"op": "add", "path": header_path(name), "value": value})
        return found if patched_headers(headers, found) != headers else []

    def _called(self, headers: HeaderList) -> HeaderList:
        if self.function is None:
            return headers
        given = [(name.decode("utf-8", "surrogateescape"), content) for name, content in headers]
        try:
            made = tuple(map(_pair, _pairs(self.function(given))))
            for operation in patch_between_headers(headers, made):
                check_header_operation(operation)
        except ConfigurationError as error:
            raise NotRewritable(str(error)) from error
        except NotRewritable:
            raise
        except Exception as error:
            # The function is the user's: what it raises about one record is a finding about that record.
            raise NotRewritable(f"the edit of its headers failed: {type(error).__name__}: {error}") from error
        return made


def _pairs(returned: Any) -> Iterable[Any]:
    if isinstance(returned, (str, bytes)) or not hasattr(returned, "__iter__"):
        found = type(returned).__name__
        raise NotRewritable(f"the edit of its headers returned {found}, and not pairs of name and content")
    return returned  # type: ignore[no-any-return]  # the function is the user's


def _pair(returned: Any) -> tuple[bytes, bytes | None]:
    match returned:
        case (str() as name, None | bytes() | str() as content):
            text = content.encode() if isinstance(content, str) else content
            return name.encode("utf-8", "surrogateescape"), text
    raise NotRewritable(
        f"the edit of its headers returned {visible(repr(returned), 60)}: a header is a pair of a name and of bytes, a "
        "text or None",
    )


def _text(name: bytes) -> str | None:
    try:
        return name.decode()
    except UnicodeDecodeError:
        return None  # such a name cannot be written in a path; a function reaches it


def _check_template(template: str) -> None:
    for found in _FIELD.finditer(template):
        if found[1] is not None and found[1] not in (*FIELDS, _OLD):
            raise ConfigurationError(
                f"{visible(found[0], 40)} is no field of a record; known are {', '.join((*FIELDS, _OLD))}. "
                "Write a brace itself as {{ or }}.",
            )


def _filled(template: str, name: str, fields: Mapping[str, Any]) -> str:
    def field(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0][0]
        value = fields.get(found[1])
        if isinstance(value, bytes):
            value = _text(value)
        if value is None:
            raise NotRewritable(f"it has no {found[1]} that could stand in the header {visible(name, 60)}")
        return str(value)

    return _FIELD.sub(field, template)
