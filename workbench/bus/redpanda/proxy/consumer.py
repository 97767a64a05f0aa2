"""`ProxyConsumer`: a member of a consumer group that lives in the HTTP proxy, on one of its brokers."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from workbench.bus.redpanda.proxy import answers
from workbench.bus.redpanda.proxy.parameters import V2, fetch_params, media
from workbench.errors import HttpProxyError, ValidationError
from workbench.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Self

    from workbench.bus.http import HttpTransport
    from workbench.bus.redpanda.proxy.records import FetchedRecord, Format
    from workbench.config import HttpProxySettings
    from workbench.model.records.record import TopicPartition

UNKNOWN_INSTANCE = 40403
LARGEST_COMMIT = 2**31 - 1
"""The proxy writes committed offsets as 32-bit numbers."""
_V2 = {"Content-Type": V2}

_logger = logging.getLogger(__name__)


class ProxyConsumer:
    """Reads topics as a member of a group, and commits. Made by `HttpProxy.consumer`.

    The proxy forgets an instance after five idle minutes. `subscribe`, `fetch` and `committed` then make it again, and
    it goes on from the committed offsets: records that were fetched and not committed come a second time. `commit`
    does not, because what was to be committed is lost with the instance.

    Attributes:
        group_id: The consumer group.
        instance_id: Name of the instance; None before it is created.
        made_again: How often it had expired and was made again.
    """

    def __init__(
        self,
        http: HttpTransport,
        settings: HttpProxySettings,
        group_id: str,
        *,
        name: str | None,
        form: Format,
        fetch_min_bytes: int | None,
        request_timeout_ms: int | None,
    ) -> None:
        self.group_id = group_id
        self.instance_id: str | None = None
        self.made_again = 0
        self._http = http
        self._settings = settings
        self._form: Format = form
        self._topics: list[str] = []
        self._base = ""
        self._furthest = 0
        given = {"name": name, "fetch.min.bytes": fetch_min_bytes, "consumer.request.timeout.ms": request_timeout_ms}
        # Every value is text, numbers too; for these two the proxy takes no other value.
        fixed = {"format": form, "auto.offset.reset": "earliest", "auto.commit.enable": "false"}
        self._body = {**{key: str(value) for key, value in given.items() if value is not None}, **fixed}

    def __repr__(self) -> str:
        return f"<ProxyConsumer {visible(self.group_id, 60)} {visible(self.instance_id or 'not created', 60)}>"

    async def __aenter__(self) -> Self:
        await self.create()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.delete()

    async def create(self) -> None:
        """Create the instance.

        Raises:
            HttpProxyError: With error code 40902 where one of this name exists; or the proxy put it on a host that the
                profile does not name.
        """
        path = f"/consumers/{quote(self.group_id, safe='')}"
        answer = await self._http.request("POST", path, body=self._body, headers=_V2, once=True)
        self.instance_id, self._base = answers.instance(answer)
        self._furthest = 0
        if not self._settings.is_of_cluster(self._base):
            raise HttpProxyError(
                f"The HTTP proxy made the consumer at {visible(self._base, 200)!r}, on a host that the profile does "
                "not name. Add the URL of that host to http_proxy_url."
            )
        signed = self._settings.username is not None or self._settings.token is not None
        if signed and not self._settings.may_have_secrets(self._base):
            raise HttpProxyError(
                f"The HTTP proxy made the consumer at {visible(self._base, 200)!r}, where the credentials would be "
                "sent without TLS. Let the proxy advertise an https URL, or set secrets_without_tls = true."
            )

    async def subscribe(self, topics: Sequence[str]) -> None:
        """Read these topics, and no others."""
        self._topics = list(topics)
        await self._or_made_again("POST", "/subscription", body={"topics": self._topics}, subscribes=True)

    async def fetch(self, *, max_bytes: int = 1 << 20, timeout_ms: int = 1000) -> list[FetchedRecord]:
        """Return the next records; an empty list is not the end of a topic.

        The first calls after `subscribe` often return nothing, while the group assigns partitions.
        """
        answer = await self._or_made_again(
            "GET",
            "/records",
            params=fetch_params(max_bytes, timeout_ms),
            headers={"Accept": media(self._form)},
            wait_s=timeout_ms / 1000,
        )
        records = answers.fetched(answer, self._form)
        self._furthest = max([self._furthest, *(record.offset + 1 for record in records)])
        return records

    async def commit(self, offsets: Mapping[TopicPartition, int] | None = None) -> None:
        """Commit the offsets given (next ones to read), or those of all that was fetched.

        Raises:
            ValidationError: An offset is above 2,147,483,647, which the proxy would store wrongly.
            HttpProxyError: With error code 40403 where the instance has expired; nothing was committed.
        """
        largest = self._furthest if offsets is None else max(offsets.values(), default=0)
        if largest > LARGEST_COMMIT or min((offsets or {}).values(), default=0) < 0:
            raise ValidationError(
                f"The offset {largest} was not committed: the HTTP proxy stores committed offsets from 0 to "
                f"{LARGEST_COMMIT}, as 32-bit numbers. Commit it over the Kafka protocol."
            )
        body = None
        if offsets is not None:
            body = {"partitions": [{**_place(one), "offset": offset} for one, offset in offsets.items()]}
        try:
            await self._ask("POST", "/offsets", body=body, headers=_V2)
        except HttpProxyError as error:
            if error.error_code != UNKNOWN_INSTANCE:
                raise
            raise HttpProxyError(
                f"Nothing was committed: the consumer instance has expired. Fetch again, which makes it again; it goes "
                f"on from the committed offsets. ({error.message})",
                status=error.status,
                error_code=error.error_code,
            ) from None

    async def committed(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int | None]:
        """Return the committed offsets of the group; None where it committed nothing.

        Do not trust them where a partition has offsets above 2,147,483,647: the proxy stores 32 bits.
        """
        body = {"partitions": [_place(one) for one in partitions]}
        return answers.committed(await self._or_made_again("GET", "/offsets", body=body))

    async def delete(self) -> None:
        """Delete the instance, so that it leaves the group; one that is gone is no error."""
        if self.instance_id is None:
            return
        try:
            await self._ask("DELETE", "", headers=_V2)
        except HttpProxyError as error:
            if error.error_code != UNKNOWN_INSTANCE:
                raise
        self.instance_id = None

    async def _or_made_again(self, method: str, path: str, *, subscribes: bool = False, **request: Any) -> Any:
        """Ask; where the instance has expired, make it again with its topics, and ask once more."""
        if "body" in request:
            request["headers"] = _V2
        try:
            return await self._ask(method, path, **request)
        except HttpProxyError as error:
            if error.error_code != UNKNOWN_INSTANCE:
                raise
        _logger.warning("The consumer %r had expired in the HTTP proxy, and is made again.", self)
        await self.create()
        self.made_again += 1
        if self._topics and not subscribes:
            await self._ask("POST", "/subscription", body={"topics": self._topics}, headers=_V2)
        return await self._ask(method, path, **request)

    async def _ask(self, method: str, path: str, **request: Any) -> Any:
        if self.instance_id is None:
            raise HttpProxyError(f"{self!r} is not created, or was deleted: use it with 'async with'.")
        return await self._http.request(method, path, base=self._base, once=method != "GET", **request)


def _place(partition: TopicPartition) -> dict[str, Any]:
    return {"topic": partition.topic, "partition": partition.partition}
