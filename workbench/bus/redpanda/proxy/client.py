"""`HttpProxy`: the calls of Redpanda's HTTP proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.bus.http import TIMEOUT_S, HttpTransport
from workbench.bus.redpanda.proxy import answers
from workbench.bus.redpanda.proxy.consumer import ProxyConsumer
from workbench.bus.redpanda.proxy.parameters import FETCH_BYTES, V2, fetch_params, media, topic_path
from workbench.bus.redpanda.proxy.records import ProduceResult, positions, records_body
from workbench.errors import ConfigurationError, HttpProxyError
from workbench.text import counted, partition_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from workbench.bus.redpanda.proxy.records import FetchedRecord, Format, PartitionResult, ProxyRecord
    from workbench.config import HttpProxySettings

MAX_ANSWER_BYTES = 96 << 20
"""A fetch of the largest size, which base64 makes a third larger, with what stands around it."""
_SERVER_ERRORS = 500


class HttpProxy:
    """Asks the HTTP proxy of one cluster. It gives and takes neither headers nor times of records.

    Opens its connections at the first request; ``async with`` closes them. Every method raises `HttpProxyError` with
    the ``status`` and ``error_code`` of the proxy where it refuses, and without them where no URL answers.

    Args:
        settings: URLs and credentials.
        read_only: Refuse what writes records, joins a consumer group or commits.
        timeout_s: Seconds for one request to one URL.
    """

    def __init__(self, settings: HttpProxySettings, *, read_only: bool = True, timeout_s: float = TIMEOUT_S) -> None:
        self.settings = settings
        self.read_only = read_only
        self._http = HttpTransport(
            settings,
            HttpProxyError,
            headers={"Accept": V2},
            timeout_s=timeout_s,
            max_answer_bytes=MAX_ANSWER_BYTES,
        )

    def __repr__(self) -> str:
        return f"<HttpProxy {self.settings.name}{' read-only' if self.read_only else ''}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections; harmless when repeated."""
        await self._http.aclose()

    async def is_ready(self) -> bool:
        """Tell whether the proxy can answer."""
        try:
            await self._http.request("GET", "/status/ready")
        except HttpProxyError as error:
            if error.status is not None and error.status < _SERVER_ERRORS:
                raise
            return False
        return True

    async def topics(self) -> list[str]:
        """Return the names of the topics, sorted, without internal ones."""
        return sorted(answers.names(await self._http.request("GET", "/topics")))

    async def brokers(self) -> list[int]:
        """Return the node ids of the brokers, sorted."""
        return sorted(answers.brokers(await self._http.request("GET", "/brokers")))

    async def produce(
        self,
        topic: str,
        records: Sequence[ProxyRecord],
        *,
        format: Format = "binary",  # noqa: A002 - the proxy's word
    ) -> ProduceResult:
        """Write records, once: a request whose answer is lost is not sent again.

        Args:
            topic: Name of the topic.
            records: What to write; see `ProxyRecord` about keys and values that are left out.
            format: ``binary`` for bytes, ``json`` for JSON values.

        Raises:
            HttpProxyError: The proxy refuses, or a partition refuses its records; ``result`` says what was written.
            ValidationError: A record cannot be written in this format; nothing was sent.
            ConfigurationError: The client is read-only.
        """
        self.require_writable("write records")
        if not records:
            return ProduceResult((), ())
        body = records_body(records, format)
        headers = {"Content-Type": media(format)}
        answer = await self._http.request("POST", topic_path(topic), body=body, headers=headers, once=True)
        found = answers.partition_results(answer)
        result = ProduceResult(found, positions(records, found))
        _check_result(topic, records, result)
        return result

    async def fetch(
        self,
        topic: str,
        partition: int,
        offset: int,
        *,
        max_bytes: int = FETCH_BYTES,
        timeout_ms: int = 0,
        format: Format = "binary",  # noqa: A002 - the proxy's word
    ) -> list[FetchedRecord]:
        """Read records of a partition from an offset on; uncommitted: those of aborted transactions are among them.

        An empty answer is not the end of the log: it also means that the next record is larger than ``max_bytes``.

        Args:
            topic: Name of the topic.
            partition: Number of the partition.
            offset: First offset.
            max_bytes: Size of the answer, at most 64 MiB.
            timeout_ms: How long the proxy waits for records.
            format: ``binary`` reads every record; ``json`` fails with 40801 where a key or value is no JSON.

        Raises:
            HttpProxyError: With error code 40002 where the offset is outside the log, on either side; 40402 where there
                is no such topic or partition.
        """
        answer = await self.fetch_answer(
            topic, partition, offset, max_bytes=max_bytes, timeout_ms=timeout_ms, format=format
        )
        return answers.fetched(answer, format)

    async def fetch_answer(
        self,
        topic: str,
        partition: int,
        offset: int,
        *,
        max_bytes: int,
        timeout_ms: int,
        format: Format = "binary",  # noqa: A002 - the proxy's word
    ) -> Any:
        """Return the JSON of a fetch as it came; see `fetch`."""
        path = f"{topic_path(topic)}/partitions/{partition:d}/records"
        params = {"offset": f"{offset:d}", **fetch_params(max_bytes, timeout_ms)}
        headers = {"Accept": media(format)}
        return await self._http.request("GET", path, params=params, headers=headers, wait_s=timeout_ms / 1000)

    def consumer(
        self,
        group_id: str,
        *,
        name: str | None = None,
        format: Format = "binary",  # noqa: A002 - the proxy's word
        fetch_min_bytes: int | None = None,
        request_timeout_ms: int | None = None,
    ) -> ProxyConsumer:
        """Make a consumer of a group, not yet created; ``async with`` creates it and deletes it at the end.

        Args:
            group_id: The consumer group, which it joins and commits for.
            name: Name of the instance; by default the proxy makes one.
            format: ``binary`` or ``json``.
            fetch_min_bytes: How much the proxy waits for.
            request_timeout_ms: How long the proxy waits for it.

        Raises:
            ConfigurationError: The client is read-only.
        """
        self.require_writable("join a consumer group")
        return ProxyConsumer(
            self._http,
            self.settings,
            group_id,
            name=name,
            form=format,
            fetch_min_bytes=fetch_min_bytes,
            request_timeout_ms=request_timeout_ms,
        )

    def require_writable(self, what: str) -> None:
        """Refuse to change anything on the cluster unless the client may.

        Raises:
            ConfigurationError: It is read-only.
        """
        if self.read_only:
            raise ConfigurationError(
                f"This client of the HTTP proxy is read-only, so it does not {what}. Connect with "
                'write=True, reason="…", or make it with read_only=False.'
            )


def _check_result(topic: str, records: Sequence[ProxyRecord], result: ProduceResult) -> None:
    """Raise where a partition refused its records, or nothing was said of one."""
    asked = {record.partition for record in records if record.partition is not None}
    silent = asked - {one.partition for one in result.partitions}
    if not result.failed and not silent:
        return
    faults = [_fault(topic, one) for one in result.failed]
    faults += [f"{partition_text(topic, number)}: no answer about it" for number in sorted(silent)]
    written = sum(not one.error_code for one in result.partitions)
    raise HttpProxyError(
        f"Not all records were written: {'; '.join(faults)}. Those for {counted(written, 'other partition')} were: see "
        "the result of this error before writing any of them again.",
        error_code=result.failed[0].error_code if result.failed else None,
        result=result,
    )


def _fault(topic: str, one: PartitionResult) -> str:
    return f"{partition_text(topic, one.partition)} refused them with {one.error} ({one.error_code})"
