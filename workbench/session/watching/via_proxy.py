"""Follows topics through Redpanda's HTTP proxy, where the brokers themselves cannot be reached."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from workbench.errors import ConfigurationError
from workbench.model.selecting.topic_selection import parse_topics
from workbench.model.selecting.window import Offset, parse_bound
from workbench.session.masking import masked_log, present_policy

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from workbench.bus.redpanda.proxy import HttpProxy
    from workbench.bus.redpanda.proxy.log import ProxyLog
    from workbench.model import Chunk
    from workbench.model.events.decoding import ValueDecoder
    from workbench.model.selecting.topic_selection import TopicSelection, TopicsLike
    from workbench.model.selecting.window import Bound, BoundLike

Via: TypeAlias = Literal["kafka", "proxy"]


def checked_via(via: str) -> Via:
    """Return by which way records are read.

    Raises:
        ConfigurationError: There is no such way.
    """
    for known in ("kafka", "proxy"):
        if via == known:
            return known
    raise ConfigurationError(f'Records are read via="kafka" (the default) or via="proxy", and not via={via!r}.')


def log_via_proxy(proxy: HttpProxy, selection: TopicSelection, start: Bound) -> ProxyLog:
    """Make a log that reads the selected topics; an offset to start at is taken as one that is inside their logs."""
    from workbench.bus.redpanda.proxy.log import ProxyLog

    return ProxyLog(proxy, selection.fits, inside=start.offset if isinstance(start, Offset) else None)


async def follow_proxy(
    proxy: str | HttpProxy | None,
    topics: TopicsLike,
    *,
    start: BoundLike = "end",
    note: Callable[[str], None] | None = None,
    **options: Any,
) -> AsyncGenerator[Chunk, None]:
    """Yield chunks of records that are read through an HTTP proxy; nothing is asked over the Kafka protocol.

    Headers and times of the records are null, null and empty keys and values look alike, and records of aborted
    transactions are among them. The end of a log is found by trying offsets.

    Args:
        proxy: A client, or the name of a profile with ``http_proxy_url``, or a URL; None for the default.
        topics: Topics to read.
        start: ``end``, ``start``, an offset, ``-100`` or ``+100``. Where a log no longer has offset 0, only an offset.
        note: Called with each remark, the first of which says what is missing.
        options: See `workbench.live.following.follow_chunks`.

    Raises:
        ConfigurationError: No proxy is known, or neither offset 0 nor ``start`` is in a log.
        WindowError: ``start`` is a time or a group, which the proxy does not know.
        HttpProxyError: The proxy refuses.
    """
    from workbench.bus.redpanda.proxy import HttpProxy
    from workbench.bus.redpanda.proxy.log import PROVENANCE
    from workbench.config import http_proxy_settings
    from workbench.live.following import follow_chunks

    if not isinstance(proxy, HttpProxy):
        async with (
            HttpProxy(http_proxy_settings(proxy)) as client,
            aclosing(follow_proxy(client, topics, start=start, note=note, **options)) as chunks,
        ):
            async for chunk in chunks:
                yield chunk
        return
    if note is not None:
        note(PROVENANCE)
    log = masked_log(log_via_proxy(proxy, parse_topics(topics), parse_bound(start)), present_policy(), _decoder)
    options["isolation"] = "read_uncommitted"
    async with aclosing(follow_chunks(log, topics, start=start, note=note, **options)) as chunks:
        async for chunk in chunks:
            yield chunk


def _decoder() -> ValueDecoder:
    from workbench.session.conventions import topic_decoder

    return topic_decoder(as_written=True)
