"""A strict HTTP proxy on loopback, over the memory bus: the calls, codes and facts of Redpanda's Pandaproxy.

Its answers are written from the documented interface. It keeps every request; faults, silence and an advertised address
can be asked for.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import http_frame
from http_frame import QuietHandler
from proxy_rules import Proxy, RuleError

from workbench.bus.memory import MemoryLog
from workbench.model.records.record import NewRecord, TopicPartition

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

    from http_frame import Asked

    from workbench.bus.kafka import KafkaLog

V2 = "application/vnd.kafka.v2+json"
FORMS = {f"application/vnd.kafka.{form}.v2+json": form for form in ("json", "binary")}


@dataclass
class Server:
    """The state of a server, which a test may look at and change."""

    loop: asyncio.AbstractEventLoop
    proxy: Proxy
    port: int = 0
    advertised: str = ""
    """Begin of ``base_uri``; by default the URL of the server."""
    credentials: tuple[str, str] | str | None = None
    asked: list[Asked] = field(default_factory=list)
    faults: list[tuple[int, bytes]] = field(default_factory=list)
    """Status and body of the next answers."""
    silent_s: float = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    def create(self, topic: str, partitions: int = 1) -> None:
        self.run(self.proxy.log.create_topic(topic, partitions=partitions))

    def write(self, topic: str, *values: bytes | None, partition: int = 0, **more: Any) -> None:
        self.run(self._write([NewRecord(topic, value=value, partition=partition, **more) for value in values]))

    async def _write(self, records: list[NewRecord], transactional_id: str | None = None) -> None:
        async with self.proxy.log.writer(transactional_id=transactional_id) as writer:
            if transactional_id:
                await writer.begin()
            await writer.send(records)
            if transactional_id:
                await writer.abort()

    def write_aborted(self, topic: str, *values: bytes) -> None:
        self.run(self._write([NewRecord(topic, value=value, partition=0) for value in values], "t"))

    def delete_before(self, topic: str, offset: int) -> None:
        self.run(self.proxy.log.delete_records({TopicPartition(topic, 0): offset}))

    def records(self, topic: str, partition: int = 0) -> list[tuple[bytes | None, bytes | None]]:
        """Key and value of every record."""

        async def read() -> list[tuple[bytes | None, bytes | None]]:
            from workbench.live.following import follow_records

            found = follow_records(self.proxy.log, topic, start="start", stop_at_end=True)
            return [(one.key, one.value) async for one in found if one.partition == partition]

        found: list[tuple[bytes | None, bytes | None]] = self.run(read())
        return found

    def count(self, method: str, path: str = "") -> int:
        return sum(one.method == method and path in urlsplit(one.path).path for one in self.asked)


@contextmanager
def serving_proxy(log: KafkaLog | None = None, port: int = 0) -> Iterator[Server]:
    """Serve a proxy over a cluster, an empty one unless given, in threads of its own until the block ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    state = Server(loop, Proxy(log or MemoryLog(f"proxy-{id(loop)}")))
    state.run(state.proxy.log.open())

    class Handler(_Handler):
        server_state = state

    try:
        # Closing waits for the last answers, which need the loop.
        with http_frame.serving(Handler, port=port, waits=True) as state.port:
            yield state
    finally:
        state.run(state.proxy.log.aclose())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class _Handler(QuietHandler):
    timeout = 5
    server_state: Server

    def handle(self) -> None:
        with contextlib.suppress(OSError):  # a client may go away
            super().handle()

    def _serve(self) -> None:
        body = self.request_body()
        state = self.server_state
        state.asked.append(self.asked(body))
        if state.silent_s:
            time.sleep(state.silent_s)
        if state.faults:
            self._send(*state.faults.pop(0))
            return
        try:
            self._authorize()
            status, answer = self._answer(body)
            self._send(status, b"" if answer is None else json.dumps(answer).encode())
        except RuleError as error:
            self._send(error.status, json.dumps({"error_code": error.code, "message": error.message}).encode())

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815 - names of the framework

    def _send(self, status: int, body: bytes) -> None:
        self.send_body(status, body, V2)

    def _authorize(self) -> None:
        if not self.authorized(self.server_state.credentials):
            raise RuleError(401, 40101, "Unauthorized")

    def _answer(self, body: bytes) -> tuple[int, Any]:
        parts = urlsplit(self.path)
        steps = [unquote(step) for step in parts.path.strip("/").split("/")]
        query = dict(parse_qsl(parts.query))
        proxy, run, method = self.server_state.proxy, self.server_state.run, self.command
        match (method, *steps):
            case ("GET", "status", "ready"):
                return 200, None
            case ("GET", "topics"):
                return 200, run(proxy.topics()) if self._accepts({V2}) else None
            case ("GET", "brokers"):
                return 200, {"brokers": [0]} if self._accepts({V2}) else None
            case (_, "topics", topic, *rest):
                return 200, self._topic(topic, rest, query, body)
            case ("POST", "consumers", group):
                self._content({V2})
                return 200, proxy.create(group, self._json(body), self.server_state.advertised or self.server_state.url)
            case (_, "consumers", group, "instances", name, *rest):
                return self._instance(group, name, rest, query, body)
        raise RuleError(404, 404, "Not found")

    def _topic(self, topic: str, rest: list[str], query: dict[str, str], body: bytes) -> Any:
        proxy, run = self.server_state.proxy, self.server_state.run
        match (self.command, *rest):
            case ("POST",):
                return run(proxy.produce(topic, self._json(body), FORMS[self._content({*FORMS})]))
            case ("GET", "partitions", partition, "records"):
                offset, _, limit = (_number(query, name) for name in ("offset", "timeout", "max_bytes"))
                form = FORMS[self._accepts({*FORMS})]
                return run(proxy.fetch(topic, _number({"partition": partition}, "partition"), offset, limit, form))
        raise RuleError(404, 404, "Not found")

    def _instance(self, group: str, name: str, rest: list[str], query: dict[str, str], body: bytes) -> tuple[int, Any]:
        proxy, run = self.server_state.proxy, self.server_state.run
        match (self.command, *rest):
            case ("POST", "subscription"):
                self._content({V2})
                return 204, run(proxy.subscribe(group, name, self._json(body)))
            case ("GET", "records"):
                _, limit = _number(query, "timeout"), _number(query, "max_bytes")
                return 200, run(proxy.consume(group, name, limit, FORMS[self._accepts({*FORMS})]))
            case ("POST", "offsets"):
                self._content({V2})
                return 204, run(proxy.commit(group, name, self._json(body) if body else None))
            case ("GET", "offsets"):
                self._content({V2})
                return 200, run(proxy.committed(group, name, self._json(body)))
            case ("DELETE",):
                self._content({V2})
                proxy.delete(group, name)
                return 204, None
        raise RuleError(404, 404, "Not found")

    def _accepts(self, known: set[str]) -> str:
        accept = self.headers.get("Accept") or ""
        if accept in {"", "*/*"} and V2 in known:
            return V2
        if accept not in known:
            raise RuleError(406, 406, "Not Acceptable")
        return accept

    def _content(self, known: set[str]) -> str:
        content = self.headers.get("Content-Type") or ""
        if content not in known:
            raise RuleError(415, 415, "Unsupported Media Type")
        return content

    def _json(self, body: bytes) -> Any:
        try:
            return json.loads(body)
        except ValueError as error:
            raise RuleError(422, 422, "The body cannot be parsed") from error


def _number(query: dict[str, str], name: str) -> int:
    text = query.get(name, "")
    if not text.removeprefix("-").isdigit():
        raise RuleError(400, 40002, f"Missing or invalid parameter '{name}'")
    return int(text)
