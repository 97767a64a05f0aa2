"""The event bus of the contract over any record log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable  # noqa: TC003 - type hints are read at run time
from typing import TYPE_CHECKING, Literal, Optional

from workbench.errors import SubscriptionError, WorkbenchError
from workbench.eventbus.adapter import KafkaAdapter
from workbench.eventbus.publishing import batches
from workbench.model.events.event import EventMessage  # noqa: TC001 - type hints are read at run time
from workbench.telemetry import SPAN_MANAGE, traced

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.eventbus.failures.policy import FailurePolicy
    from workbench.eventbus.publishing.outcomes import PublishOutcome


class EventBus(KafkaAdapter):
    """Publishes, delivers and describes events of one prefix and environment.

    Starts at first use, or by ``async with``; `aclose` is idempotent. Satisfies `ProtocolEventBus` and
    `ProtocolKafkaAdapter`. Its options are those of `workbench.eventbus.core.BusCore`.
    """

    async def publish_event(self, event_message: EventMessage, target_topic: Optional[str] = None) -> bool:  # noqa: UP045
        """Publish one event; True when the broker acknowledged it, False when its time to live was over.

        A cancelled call may or may not have written the event.

        Raises:
            ValidationError: The event or topic name breaks the contract; ``errors`` lists every fault.
            PublishError: The broker did not acknowledge it.
        """
        return (await self.publish_outcome(event_message, target_topic)).acknowledged

    async def publish_outcome(self, event: EventMessage, target_topic: str | None = None) -> PublishOutcome:
        """Publish one event and return its outcome; raises as `publish_event` does."""
        self._refuse_read_only()
        event = self._publisher.validated(event)
        physical = self._publisher.route(event, target_topic)
        await self._ready_for(physical)
        async with self._auditor.entry("publish", topic=physical, records=1, event_id=event.event_id) as entry:
            outcome = await self._publisher.send(event, physical, None)
            entry.result = outcome.status
        return outcome

    async def batch_publish_events(self, events: Sequence[EventMessage], batch_size: int | None = None) -> list[bool]:
        """Publish events in batches of ``batch_size``; one real bool per event."""
        return await batches.batch_publish_events(self, events, self.batch_size if batch_size is None else batch_size)

    async def publish_batch_outcomes(
        self,
        events: Sequence[EventMessage],
        batch_size: int | None = None,
    ) -> list[PublishOutcome]:
        """Publish events in batches; one outcome per event, with its error."""
        return await batches.publish_batch_outcomes(self, events, self.batch_size if batch_size is None else batch_size)

    async def subscribe_to_topic(
        self,
        topic: str,
        group_id: str,
        handler: Callable[[EventMessage], Awaitable[None]],
        message_filter: Optional[Callable[[EventMessage], bool]] = None,  # noqa: UP045
    ) -> Callable[[], Awaitable[None]]:
        """Deliver events to ``handler``, at least once, in offset order per partition, from the end of the topic on.

        Returns once partitions are assigned and their positions resolved, so that a later publish is delivered.
        An offset is committed after handler success, filter rejection, expiry, or an acknowledged dead letter.

        Returns:
            The function that ends the delivery when awaited; a second call is harmless.

        Raises:
            SubscriptionError: The subscription could not be set up; no member and no task of it remains.
        """
        return await self.subscribe(topic, group_id, handler, message_filter)

    @traced(SPAN_MANAGE)
    async def subscribe(
        self,
        topic: str,
        group_id: str,
        handler: Callable[[EventMessage], Awaitable[None]],
        message_filter: Callable[[EventMessage], bool] | None = None,
        *,
        start: Literal["earliest", "latest"] = "latest",
        failure_policy: FailurePolicy | None = None,
    ) -> Callable[[], Awaitable[None]]:
        """Subscribe as `subscribe_to_topic` does, choosing where a new group starts and how failures are treated."""
        try:
            await self._ensure_open()
        except WorkbenchError as error:
            message = f"Group {group_id!r} could not subscribe to {topic!r}: {error}"
            raise SubscriptionError(message, topic=topic, group_id=group_id) from error
        subscription = await self._subscriber.subscribe(
            topic,
            group_id,
            handler,
            message_filter,
            start=start,
            policy=failure_policy,
        )

        async def unsubscribe() -> None:
            await self._subscriber.end(subscription)

        return unsubscribe
