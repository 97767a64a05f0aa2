"""Restores from a dead letter the record that failed: its key, value and headers, or says why that cannot be done.

By family of dead letters (docs/replay-rules.md, "Dead letters"):

- The event-bus contract keeps the bytes of the record in the payload of its dead letter.
- ONEX copies key and value as text; such a copy is used only if nothing was lost in it.
- Spring, Kafka Connect, Kafka Streams, watermill and others send the record itself on, with headers of their own.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.decoding.conventions.dead_letter_body import MARKERS, MAX_LAYERS
from workbench.decoding.conventions.provenance import writer_names
from workbench.decoding.formats.json import read_json
from workbench.replay.dead_letter_marks import is_dead_letter_header

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from workbench.model import HeaderList

BY_NAME = "topic_name"
"""An origin that only the name of the topic of the letter tells: a guess."""
_GUESSED = (None, BY_NAME, "user")
"""Origins that no header and no body of the letter told."""
_CONTRACT_TYPE = "system.dead_letter"
_BODY_MARKS = (b"system.dead_letter", b"original_message")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


class NotRestorable(Exception):  # noqa: N818 - a finding about a record, and no fault
    """The failed record cannot be restored from its dead letter; the text says why."""


@dataclass(frozen=True, slots=True)
class RestoredRecord:
    """The record that failed, as it was."""

    key: bytes | None
    value: bytes | None
    headers: HeaderList
    removed: tuple[str, ...] = ()
    """Names of the headers of the dead letter that are left out."""


def restore(
    key: bytes | None, value: bytes | None, headers: HeaderList, via: str | None, problems: Collection[str] = ()
) -> RestoredRecord:
    """Restore the record that failed.

    Args:
        key: Key of the dead letter.
        value: Value of the dead letter.
        headers: Headers of the dead letter.
        via: The writer that the decoder recognised (``origin.via``), or else what tells the origin of the letter.
        problems: Codes of what the decoder found wrong with the letter.

    Raises:
        NotRestorable: Bytes are missing, redacted, or were lost in a copy as text.
    """
    if via == "contract_dlq":
        return _of_contract(_object(value))
    if via is not None and via.startswith("onex"):
        if "redacted" in problems:
            raise NotRestorable("parts of its body were redacted")
        return _of_onex(_object(value), headers)
    if value is None:
        raise NotRestorable("its body is empty")
    if via in _GUESSED and _is_letter(value):
        raise NotRestorable("its body is that of a dead letter, and the record that failed is not in it")
    own = writer_names(via, (name.decode("utf-8", "replace") for name, _ in headers))
    removed, kept = [], []
    for name, content in headers:
        text = name.decode("utf-8", "replace")
        if is_dead_letter_header(name) or text in own:
            removed.append(text)
        else:
            kept.append((name, content))
    return RestoredRecord(key, value, tuple(kept), tuple(dict.fromkeys(removed)))


def _is_letter(value: bytes) -> bool:
    """Tell whether a body is an envelope about a failed record, though no writer of dead letters was recognised."""
    if not any(mark in value for mark in _BODY_MARKS):
        return False
    try:
        body = json.loads(value)
    except (ValueError, RecursionError):
        return False
    if not isinstance(body, dict):
        return False
    return body.get("event_type") == _CONTRACT_TYPE or isinstance(body.get("original_message"), dict)


def _object(value: bytes | None) -> Mapping[str, Any]:
    try:
        found = json.loads(value or b"")
    except ValueError:
        raise NotRestorable("its body is no JSON") from None
    if not isinstance(found, dict):
        raise NotRestorable("its body is no JSON object")
    return found


def _of_contract(body: Mapping[str, Any]) -> RestoredRecord:
    payload = body.get("payload")
    if not isinstance(payload, dict) or "original_value_b64" not in payload:
        raise NotRestorable("it holds no bytes of the original record")
    redacted = payload.get("redacted")
    if payload["original_value_b64"] is None and redacted:
        raise NotRestorable(f"its body was redacted ({', '.join(map(str, redacted))})")
    pairs = payload.get("original_headers") or []
    try:
        headers = tuple((_bytes(name) or b"", _bytes(content)) for name, content in pairs)
        return RestoredRecord(_bytes(payload.get("original_key_b64")), _bytes(payload["original_value_b64"]), headers)
    except (TypeError, ValueError, binascii.Error):
        raise NotRestorable("its copy of the original record is damaged") from None


def _bytes(text: Any) -> bytes | None:
    return None if text is None else base64.b64decode(text, validate=True)


def _of_onex(body: Mapping[str, Any], headers: HeaderList) -> RestoredRecord:
    message = _innermost(body).get("original_message")
    if not isinstance(message, dict) or not isinstance(message.get("value"), str):
        raise NotRestorable("it holds no copy of the original value")
    key, value = message.get("key"), message["value"]
    for text in (key, value):
        if text is not None and (not isinstance(text, str) or text in MARKERS or _REPLACEMENT in text):
            raise NotRestorable("its copy as text lost bytes of the original")
    kept, removed = [], []
    for name, content in headers:
        if is_dead_letter_header(name):
            removed.append(name.decode("utf-8", "replace"))
        else:
            kept.append((name, content))
    return RestoredRecord(
        None if key is None else key.encode(), value.encode(), tuple(kept), tuple(dict.fromkeys(removed))
    )


def _innermost(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Open a letter about a letter down to the one about the record that failed first."""
    for _ in range(MAX_LAYERS):
        message = body.get("original_message")
        value = message.get("value") if isinstance(message, dict) else None
        inner = read_json(value) if isinstance(value, str) else None
        if not isinstance(inner, dict) or not isinstance(inner.get("original_message"), dict):
            return body
        body = inner
    raise NotRestorable(f"it is a letter about a letter, more than {MAX_LAYERS} times")
