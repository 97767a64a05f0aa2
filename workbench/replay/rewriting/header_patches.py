"""Changes headers by operations of a JSON patch (RFC 6902) whose paths begin with ``/@headers``.

``/@headers/NAME`` is the content of a header: a text, null, or ``{"base64": "…"}`` for bytes that are no UTF-8. Of a
name that occurs several times it is all contents: a list. ``/@headers`` is the whole list, ``[[name, content], …]``.
A header that is replaced or renamed stays at its place, and a new one comes last.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

import jsonpointer

from workbench.errors import ConfigurationError
from workbench.replay.replay_mark import X_REPLAY
from workbench.replay.rewriting.json_body import NotRewritable
from workbench.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from workbench.model import HeaderList

HEADERS = "/@headers"
_BASE64 = "base64"


def is_header_path(path: Any) -> bool:
    """Tell whether a path of a patch means headers."""
    return isinstance(path, str) and (path == HEADERS or path.startswith(f"{HEADERS}/"))


def header_path(name: str) -> str:
    """Return the path of a header."""
    return f"{HEADERS}/{jsonpointer.escape(name)}"


def check_header_operation(operation: Mapping[str, Any]) -> None:
    """Check an operation that names headers.

    Raises:
        ConfigurationError: It moves something between body and headers, writes a header of replays, or its content is
            none that a header can have.
    """
    path, source = operation["path"], operation.get("from")
    if not is_header_path(path):
        if is_header_path(source):
            raise ConfigurationError(f"{source} is a header and {path} is none: headers are moved among themselves.")
        return
    if source is not None and (not is_header_path(source) or HEADERS in (source, path)):
        raise ConfigurationError(f"{source} cannot be moved or copied to {path}: both must be {HEADERS}/NAME.")
    if "value" not in operation:
        return
    name = _name(path)
    if name is None:
        names = [one for one, _ in _pairs(operation["value"])]
    else:
        _contents(operation["value"])
        names = [name]
    if any(one.startswith(X_REPLAY) for one in names):
        raise ConfigurationError("Headers that begin with x-replay are written by the run itself; no edit sets them.")


def patched_headers(headers: HeaderList, operations: Iterable[Mapping[str, Any]]) -> HeaderList:
    """Return headers with operations applied.

    Raises:
        NotRewritable: An operation names a header that is not there, or a test fails.
    """
    for operation in operations:
        headers = _applied(headers, operation)
    return headers


def patch_between_headers(before: HeaderList, after: HeaderList) -> list[dict[str, Any]]:
    """Return the operation that makes one list of headers of another; none where they are equal."""
    if before == after:
        return []
    return [{"op": "replace", "path": HEADERS, "value": [[written(name), written(content)] for name, content in after]}]


def written(content: bytes | None) -> Any:
    """Write a name or content of a header as a patch has it."""
    if content is None:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return {_BASE64: base64.b64encode(content).decode()}


def _applied(headers: HeaderList, operation: Mapping[str, Any]) -> HeaderList:
    kind, name = operation["op"], _name(operation["path"])
    if name is None:
        return _whole(headers, kind, operation)
    there = [content for one, content in headers if one == name]
    if kind in ("remove", "replace", "test") and not there:
        raise NotRewritable(f"it has no header {_shown(name)}")
    match kind:
        case "remove":
            return tuple(header for header in headers if header[0] != name)
        case "test":
            if there != _contents(operation["value"]):
                raise NotRewritable(f"its header {_shown(name)} is not what the patch tests for")
            return headers
        case "move" | "copy":
            return _from(headers, kind, _name(operation["from"]) or b"", name)
    return _placed(headers, name, _contents(operation["value"]))


def _whole(headers: HeaderList, kind: str, operation: Mapping[str, Any]) -> HeaderList:
    if kind == "remove":
        return ()
    pairs = _pairs(operation["value"])
    if kind == "test" and pairs != headers:
        raise NotRewritable("its headers are not what the patch tests for")
    return pairs


def _from(headers: HeaderList, kind: str, source: bytes, name: bytes) -> HeaderList:
    contents = [content for one, content in headers if one == source]
    if not contents:
        raise NotRewritable(f"it has no header {_shown(source)}")
    if kind == "copy":
        return _placed(headers, name, contents)
    if source == name:
        return headers
    return tuple((name if one == source else one, content) for one, content in headers if one != name)


def _placed(headers: HeaderList, name: bytes, contents: Sequence[bytes | None]) -> HeaderList:
    """Put the contents of a header where it stood: one for one, the rest behind the last, or at the end."""
    places = [at for at, (one, _) in enumerate(headers) if one == name]
    left = list(contents)
    found: list[tuple[bytes, bytes | None]] = []
    for at, header in enumerate(headers):
        if header[0] != name:
            found.append(header)
            continue
        taken, left = (left, []) if at == places[-1] else (left[:1], left[1:])
        found += [(name, content) for content in taken]
    return (*found, *((name, content) for content in left))


def _name(path: str) -> bytes | None:
    """Return the name that a path means; None for the whole list."""
    if path == HEADERS:
        return None
    name = path.removeprefix(f"{HEADERS}/")
    if "/" in name or not name:
        raise ConfigurationError(f"{path} is no path of a header; it is {HEADERS}/NAME, with ~1 for / in the name.")
    return str(jsonpointer.unescape(name)).encode()


def _contents(value: Any) -> list[bytes | None]:
    return [_bytes(one) for one in value] if isinstance(value, list) else [_bytes(value)]


def _pairs(value: Any) -> tuple[tuple[bytes, bytes | None], ...]:
    try:
        pairs = [(_bytes(name), _bytes(content)) for name, content in value]
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"{HEADERS} is a list of names and contents: [['a', '1'], ['b', null]].") from error
    return tuple((name or b"", content) for name, content in pairs)


def _bytes(value: Any) -> bytes | None:
    if value is None:
        return None
    try:
        if isinstance(value, str):
            return value.encode()
        if isinstance(value, dict) and value.keys() == {_BASE64}:
            return base64.b64decode(value[_BASE64], validate=True)
    except (TypeError, ValueError, binascii.Error):
        pass
    raise ConfigurationError(f'{value!r} is no content of a header; use a text, null, or {{"base64": "…"}}.')


def _shown(name: bytes) -> str:
    return visible(name.decode("utf-8", "replace"), 60)
