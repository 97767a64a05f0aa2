"""A strict schema registry over HTTP on loopback: every call, code and rule of Redpanda's and Confluent's interface.

Its answers are written from the documented interface, and it refuses what that does not allow. Faults can be asked
for: busy answers, silence, other status codes. It keeps every request, so that a test can look at what was sent.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import http_frame
from http_frame import QuietHandler
from registry_rules import TYPES, Context, RuleError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

    from http_frame import Asked

MEDIA = "application/vnd.schemaregistry.v1+json"
_MEDIAS = {MEDIA, "application/vnd.schemaregistry+json", "application/json"}
_BODY_KEYS = {"schema", "schemaType", "references", "id", "version", "metadata", "ruleSet"}
_CONTEXT = re.compile(r"/contexts/(?P<name>[^/]+)(?P<rest>/.*)")
_QUALIFIED = re.compile(r":(?P<name>\.[^:]*):(?P<subject>.*)", re.DOTALL)


@dataclass
class Registry:
    """The state of a server, which a test may look at and change."""

    port: int = 0
    scheme: str = "http"
    credentials: tuple[str, str] | str | None = None
    """User name and password, or a bearer token, that every request must bring."""
    contexts: dict[str, Context] = field(default_factory=lambda: defaultdict(Context))
    asked: list[Asked] = field(default_factory=list)
    faults: list[tuple[int, bytes]] = field(default_factory=list)
    """Status and body of the next answers."""
    silent_s: float = 0.0
    """Seconds before each answer."""
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def default(self) -> Context:
        return self.contexts["."]

    def count(self, method: str, path: str) -> int:
        return sum(one.method == method and urlsplit(one.path).path == path for one in self.asked)

    def add(self, subject: str, schema: Any, kind: str = "AVRO", context: str = ".", **more: Any) -> int:
        """Register a schema without a request."""
        text = schema if isinstance(schema, str) else json.dumps(schema)
        return self.contexts[context].register(subject, {"schema": text, "schemaType": kind, **more})


@contextmanager
def serving(*, tls: ssl.SSLContext | None = None, port: int = 0) -> Iterator[Registry]:
    """Serve a registry in threads of its own until the block ends."""
    registry = Registry(scheme="https" if tls else "http")

    class Handler(_Handler):
        state = registry

    with http_frame.serving(Handler, tls=tls, port=port) as registry.port:
        yield registry


class _Handler(QuietHandler):
    state: Registry

    def _serve(self) -> None:
        body = self.request_body()
        state = self.state
        state.asked.append(self.asked(body))
        if state.silent_s:
            time.sleep(state.silent_s)
        if state.faults:
            self._send(*state.faults.pop(0))
            return
        try:
            with state.lock:
                self._authorize()
                answer = self._answer(body)
            self._send(200, json.dumps(answer).encode())
        except RuleError as error:
            self._send(error.status, json.dumps({"error_code": error.code, "message": error.message}).encode())

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - names of the framework

    def _send(self, status: int, body: bytes) -> None:
        self.send_body(status, body, MEDIA)

    def _authorize(self) -> None:
        if not self.authorized(self.state.credentials):
            raise RuleError(401, "Unauthorized")

    def _answer(self, body: bytes) -> Any:
        parts = urlsplit(self.path)
        path, context = parts.path, "."
        if found := _CONTEXT.fullmatch(path):
            context, path = unquote(found["name"]), found["rest"]
            if not context.startswith("."):
                raise RuleError(422, "A context begins with a dot")
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        steps = [unquote(step) for step in path.strip("/").split("/")]
        # A qualified subject names its context itself.
        for index, step in enumerate(steps):
            if index and (named := _QUALIFIED.fullmatch(step)):
                context, steps[index] = named["name"], named["subject"]
        call = _Call(self.state.contexts[context], query, lambda: self._json(body))
        for pattern, method, act in _ROUTES:
            if method == self.command and (given := _matched(pattern, steps)) is not None:
                return act(call, *given)
        raise RuleError(404, "HTTP 404 Not Found")

    def _json(self, body: bytes) -> dict[str, Any]:
        media = (self.headers.get("Content-Type") or "").partition(";")[0].strip()
        if media not in _MEDIAS:
            raise RuleError(415, "HTTP 415 Unsupported Media Type")
        try:
            found = json.loads(body)
        except ValueError as error:
            raise RuleError(422, "The body cannot be parsed") from error
        if not isinstance(found, dict):
            raise RuleError(422, "The body cannot be parsed")
        return found


@dataclass
class _Call:
    context: Context
    query: dict[str, str]
    read: Callable[[], dict[str, Any]]

    def flag(self, name: str) -> bool:
        text = self.query.get(name, "false")
        if text not in {"true", "false"}:
            raise RuleError(422, f"{name} is true or false")
        return text == "true"

    def schema(self) -> dict[str, Any]:
        body = self.read()
        if others := body.keys() - _BODY_KEYS:
            raise RuleError(422, f"Unrecognized field: {min(others)}")
        return body

    def one(self, name: str) -> Any:
        body = self.read()
        if body.keys() != {name}:
            raise RuleError(422, f"Unrecognized fields: {sorted(body)}")
        return body[name]


def _matched(pattern: str, steps: list[str]) -> list[str] | None:
    wanted = pattern.split("/")
    if len(wanted) != len(steps):
        return None
    if any(want != step for want, step in zip(wanted, steps, strict=True) if want != "*"):
        return None
    return [step for want, step in zip(wanted, steps, strict=True) if want == "*"]


def _number(text: str) -> int:
    if not text.isdigit():
        raise RuleError(404, "HTTP 404 Not Found")
    return int(text)


def _version(call: _Call, subject: str, version: str) -> dict[str, Any]:
    found = call.context.version(subject, version, deleted=call.flag("deleted"))
    return call.context.shown(subject, *found)


def _schema_text(call: _Call, subject: str, version: str) -> Any:
    _, found = call.context.version(subject, version)
    return json.loads(call.context.contents[found.id].text)


def _compatible(call: _Call, subject: str, version: str) -> dict[str, Any]:
    content = call.context.content(call.schema())
    _, found = call.context.version(subject, version)
    problems = call.context.problems(subject, content, found)
    return {"is_compatible": not problems, **({"messages": problems} if call.flag("verbose") else {})}


def _set_level(call: _Call, subject: str | None = None) -> dict[str, Any]:
    level = call.one("compatibility")
    call.context.set_level(subject, level)
    return {"compatibility": level}


def _forget_level(call: _Call, subject: str) -> dict[str, Any]:
    level = call.context.level_of(subject, default=False)
    del call.context.levels[subject]
    return {"compatibilityLevel": level}


def _set_mode(call: _Call, subject: str | None = None) -> dict[str, Any]:
    mode = call.one("mode")
    call.context.set_mode(subject, mode)
    return {"mode": mode}


def _forget_mode(call: _Call, subject: str) -> dict[str, Any]:
    mode = call.context.shown_mode(subject, default=False)
    del call.context.modes[subject]
    return {"mode": mode}


def _default(call: _Call, subject: str | None) -> bool:
    return subject is None or call.flag("defaultToGlobal")


def _level(call: _Call, subject: str | None = None) -> dict[str, Any]:
    return {"compatibilityLevel": call.context.level_of(subject, default=_default(call, subject))}


def _mode(call: _Call, subject: str | None = None) -> dict[str, Any]:
    return {"mode": call.context.shown_mode(subject, default=_default(call, subject))}


_ROUTES: list[tuple[str, str, Callable[..., Any]]] = [
    ("schemas/types", "GET", lambda _: list(TYPES)),
    ("status/ready", "GET", lambda _: {}),
    ("subjects", "GET", lambda c: c.context.names(c.query.get("subjectPrefix", ""), deleted=c.flag("deleted"))),
    ("subjects/*", "POST", lambda c, s: c.context.look_up(s, c.schema(), deleted=c.flag("deleted"))),
    ("subjects/*", "DELETE", lambda c, s: c.context.delete_subject(s, permanent=c.flag("permanent"))),
    ("subjects/*/versions", "GET", lambda c, s: sorted(c.context.versions(s, deleted=c.flag("deleted")))),
    ("subjects/*/versions", "POST", lambda c, s: {"id": c.context.register(s, c.schema())}),
    ("subjects/*/versions/*", "GET", _version),
    ("subjects/*/versions/*", "DELETE", lambda c, s, v: c.context.delete_version(s, v, permanent=c.flag("permanent"))),
    ("subjects/*/versions/*/schema", "GET", _schema_text),
    (
        "subjects/*/versions/*/referencedby",
        "GET",
        lambda c, s, v: c.context.referenced_by(s, c.context.version(s, v)[0]),
    ),
    ("schemas/ids/*", "GET", lambda c, n: c.context.by_id(_number(n)).answer()),
    ("schemas/ids/*/versions", "GET", lambda c, n: c.context.uses(_number(n))),
    ("schemas/ids/*/subjects", "GET", lambda c, n: sorted({one["subject"] for one in c.context.uses(_number(n))})),
    ("compatibility/subjects/*/versions/*", "POST", _compatible),
    ("config", "GET", _level),
    ("config/*", "GET", _level),
    ("config", "PUT", _set_level),
    ("config/*", "PUT", _set_level),
    ("config/*", "DELETE", _forget_level),
    ("mode", "GET", _mode),
    ("mode/*", "GET", _mode),
    ("mode", "PUT", _set_mode),
    ("mode/*", "PUT", _set_mode),
    ("mode/*", "DELETE", _forget_mode),
]
