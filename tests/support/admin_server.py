"""A strict Admin API of Redpanda on loopback, as far as data transforms go: it refuses whatever a broker refuses.

It is written from the published behaviour and shares no code with the client, nor with the checks of modules.
"""

from __future__ import annotations

import base64
import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

import http_frame
import wasmtime
from http_frame import QuietHandler

if TYPE_CHECKING:
    from collections.abc import Iterator

MARKS = {"check_abi_version_1", "check_abi_version_2"}
COMPRESSIONS = {"none", "gzip", "snappy", "lz4", "zstd"}
MODULE_BYTES = 10 << 20


class Refused(Exception):  # noqa: N818 - an answer, and no error of the server
    """An answer other than 200."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass
class Deployed:
    """One transform, and how it does."""

    name: str
    input_topic: str
    output_topics: list[str]
    environment: list[dict[str, str]]
    code: bytes
    offset: dict[str, Any] | None
    compression: str = "none"
    paused: bool = False
    asked: int = 0
    """How often it was listed since it was deployed."""


@dataclass
class AdminState:
    """What the brokers know, and how they behave."""

    topics: dict[str, int] = field(default_factory=dict)
    """Partitions by topic."""
    transforms: dict[str, Deployed] = field(default_factory=dict)
    user: tuple[str, str] | None = None
    """The superuser, where credentials are needed."""
    others: dict[str, str] = field(default_factory=dict)
    """Passwords of users that are no superusers."""
    enabled: bool = True
    errored: bool = False
    """Every transform fails as soon as it was deployed."""
    unknown_lists: int = 1
    """Lists in which a new transform is still ``unknown``."""
    lag: int = 0
    busy: int = 0
    """Requests that are answered 503 first."""
    redirects: list[str] = field(default_factory=list)
    """Places that the next requests are sent to with 307; one is used up by each."""
    answer: bytes | None = None
    """Sent instead of any list."""
    most_functions: int = 10
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    """Method, path and headers of each request."""
    deleted: list[str] = field(default_factory=list)

    def deploy(self, body: bytes) -> None:
        if not self.enabled:
            raise Refused(400, "data transforms disabled - use `rpk cluster config set data_transforms_enabled true`")
        head, code = split_body(body)
        keys = {"name", "input_topic", "output_topics", "environment", "compression", "offset"}
        check_keys(head, keys, required={"name", "input_topic", "output_topics"})
        name, source, outputs = head["name"], head["input_topic"], head["output_topics"]
        check_text(name, 128)
        if not isinstance(source, str) or not isinstance(outputs, list) or not all(isinstance(o, str) for o in outputs):
            raise Refused(400, "schema error: topics")
        if not 1 <= len(outputs) <= 8 or len(set(outputs)) != len(outputs) or source in outputs:
            raise Refused(400, "invalid create: output topics")
        for topic in (source, *outputs):
            if topic not in self.topics:
                raise Refused(400, f"unknown topic: {topic}")
        environment = check_environment(head.get("environment", []))
        if head.get("compression", "none") not in COMPRESSIONS:
            raise Refused(400, "schema error: compression")
        check_offset(head.get("offset"))
        check_code(code)
        known = self.transforms.get(name)
        if known is not None and (known.input_topic, known.output_topics) != (source, outputs):
            raise Refused(400, "invalid update: topics cannot change")
        if known is None and len(self.transforms) >= self.most_functions:
            raise Refused(400, "the limit of transforms has been reached")
        offset = head.get("offset") if known is None else known.offset
        made = Deployed(name, source, outputs, environment, code, offset, head.get("compression", "none"))
        self.transforms[name] = made

    def update(self, name: str, body: bytes) -> None:
        known = self.transforms.get(name)
        change, rest = split_body(body)
        if rest:
            raise Refused(400, "JSON parse error")
        check_keys(change, {"env", "is_paused", "compression"}, required=set())
        if known is None:
            raise Refused(400, f"unknown transform {name}")
        if "env" in change:
            known.environment = check_environment(change["env"])
        if "is_paused" in change:
            if not isinstance(change["is_paused"], bool):
                raise Refused(400, "schema error: is_paused")
            known.paused = change["is_paused"]
        known.compression = change.get("compression", known.compression)

    def listed(self) -> list[dict[str, Any]]:
        return [self._listed(one) for one in self.transforms.values()]

    def _listed(self, one: Deployed) -> dict[str, Any]:
        one.asked += 1
        word = "running" if one.asked > self.unknown_lists else "unknown"
        word = "inactive" if one.paused else "errored" if self.errored else word
        partitions = range(self.topics[one.input_topic])
        return {
            "name": one.name,
            "input_topic": one.input_topic,
            "output_topics": one.output_topics,
            "status": [{"node_id": 1, "partition": p, "status": word, "lag": self.lag} for p in partitions],
            "environment": one.environment,
            "compression": one.compression,
        }


def split_body(body: bytes) -> tuple[dict[str, Any], bytes]:
    """One JSON value, and everything behind it."""
    try:
        _, end = json.JSONDecoder().raw_decode(body.decode("latin-1"))
        head = json.loads(body[:end].decode())
    except ValueError as error:
        raise Refused(400, f"JSON parse error: {error}") from error
    if not isinstance(head, dict):
        raise Refused(400, "JSON schema error: no object")
    return head, body[end:]


def check_keys(value: dict[str, Any], allowed: set[str], *, required: set[str]) -> None:
    if not required <= set(value) <= allowed:
        raise Refused(400, f"JSON schema error: {sorted(set(value) ^ allowed)}")


def check_text(text: object, most: int) -> None:
    good = isinstance(text, str) and 1 <= len(text.encode()) <= most and not re.search(r"[\x00-\x1f\x7f-\x9f]", text)
    if not good:
        raise Refused(400, "invalid text")


def check_environment(variables: object) -> list[dict[str, str]]:
    if not isinstance(variables, list) or len(variables) > 128:
        raise Refused(400, "invalid environment")
    for one in variables:
        check_keys(one, {"key", "value"}, required={"key", "value"})
        check_text(one["key"], 128)
        check_text(one["value"], 2048)
        if "=" in one["key"] or one["key"].startswith("REDPANDA_"):
            raise Refused(400, "invalid environment")
    return variables


def check_offset(offset: object) -> None:
    if offset is None:
        return
    if not isinstance(offset, dict):
        raise Refused(400, "schema error: offset")
    check_keys(offset, {"format", "value"}, required={"format", "value"})
    value = offset["value"]
    if offset["format"] not in {"from_start", "from_end", "timestamp"} or not isinstance(value, int) or value < 0:
        raise Refused(400, "schema error: offset")


def check_code(code: bytes) -> None:
    if not code.startswith(b"\0asm") or len(code) > MODULE_BYTES:
        raise Refused(400, "invalid WebAssembly module")
    try:
        module = wasmtime.Module(wasmtime.Engine(), code)
    except wasmtime.WasmtimeError as error:
        raise Refused(400, "invalid WebAssembly module") from error
    names = {one.name for one in module.imports if one.module == "redpanda_transform"}
    if not names & MARKS:
        raise Refused(400, "invalid WebAssembly - missing required abi")
    if not {"_start", "memory"} <= {one.name for one in module.exports}:
        raise Refused(400, "invalid WebAssembly - missing function or memory")


class Handler(QuietHandler):
    state: AdminState

    def _handle(self) -> None:
        body = self.request_body()
        self.state.requests.append((self.command, self.path, dict(self.headers.items())))
        try:
            answer = self._answer(body)
        except Refused as refused:
            text = json.dumps({"message": refused.message, "code": refused.status}).encode()
            self._send(refused.status, text)
        else:
            self._send(200, answer)

    do_GET = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815 - the names are the base class's

    def _answer(self, body: bytes) -> bytes:
        state = self.state
        if state.busy:
            state.busy -= 1
            raise Refused(503, "no leader")
        if state.redirects:
            raise Refused(307, state.redirects.pop(0) + self.path)
        url = urlsplit(self.path)
        parts = [unquote(part) for part in url.path.split("/")[1:]]
        listing = (self.command, parts) == ("GET", ["v1", "transform"])
        self._check_user(superuser=not listing)
        match (self.command, parts):
            case ("GET", ["v1", "transform"]):
                return state.answer if state.answer is not None else json.dumps(state.listed()).encode()
            case ("POST", ["v1", "transform", "deploy"]):
                state.deploy(body)
            case ("DELETE", ["v1", "transform", ""]):
                raise Refused(400, "empty name")
            case ("DELETE", ["v1", "transform", name]):
                state.deleted.append(name)
                state.transforms.pop(name, None)
            case ("PUT", ["v1", "transform", name, "meta"]):
                state.update(name, body)
            case ("GET", ["v1", "transform", "debug", "committed_offsets"]):
                return self._offsets(parse_qs(url.query))
            case ("POST", ["v1", "transform", "debug", "committed_offsets", "garbage_collect"]):
                state.deleted.clear()
            case _:
                raise Refused(404, "not found")
        return b""

    def _offsets(self, query: dict[str, list[str]]) -> bytes:
        names = [*self.state.transforms]
        if query.get("show_unknown") == ["true"]:
            names += self.state.deleted
        return json.dumps([{"transform_name": name, "partition": 0, "offset": 7} for name in names]).encode()

    def _check_user(self, *, superuser: bool) -> None:
        state = self.state
        if state.user is None:
            return
        kind, _, given = self.headers.get("Authorization", "").partition(" ")
        user, _, password = base64.b64decode(given).decode().partition(":") if kind == "Basic" else ("", "", "")
        if (user, password) == state.user:
            return
        if state.others.get(user) != password or not password:
            raise Refused(401, f"Unauthorized: {password}")  # some servers do send back what they were sent
        if superuser:
            raise Refused(403, "Forbidden (superuser required)")

    def _send(self, status: int, content: bytes) -> None:
        more = {}
        if status == 307:
            more, content = {"Location": json.loads(content)["message"], "Retry-After": "0"}, b""
        self.send_body(status, content, "application/json", **more)


@contextmanager
def admin_server(state: AdminState | None = None) -> Iterator[tuple[str, AdminState]]:
    """Serve the Admin API; gives its URL and its state."""
    made = state or AdminState()
    with http_frame.serving(type("Bound", (Handler,), {"state": made})) as port:
        yield f"http://127.0.0.1:{port}", made
