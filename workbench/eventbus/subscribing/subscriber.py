"""Opens and ends subscriptions: resolves topic and group names and joins the consumer group."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Literal

from workbench.errors import SubscriptionError, UnknownTopicError, WorkbenchError
from workbench.eventbus.failures.policy import FailurePolicy
from workbench.eventbus.names import ALL_EVENTS, RAW, Namespace
from workbench.eventbus.observation import Observer
from workbench.eventbus.subscribing.delivery import Delivery
from workbench.eventbus.subscribing.subscription import Subscription
from workbench.eventbus.topics import creation

if TYPE_CHECKING:
    import re
    from collections.abc import Awaitable, Callable

    from workbench.bus.protocols import GroupMember, RecordLog
    from workbench.eventbus.subscribing.delivery import PermissionHook
    from workbench.model.events.event import EventMessage
    from workbench.tasks import Supervisor


@dataclass(slots=True)
class Subscriber:
    """Subscribes handlers in one namespace; other environments are read only when they are named."""

    log: RecordLog
    namespace: Namespace
    tasks: Supervisor
    send_dead_letter: Callable[[EventMessage], Awaitable[None]]
    environments: tuple[str, ...] = ()
    create_missing: bool = False
    require_security_context: bool = False
    permission: PermissionHook | None = None
    policy: FailurePolicy = field(default_factory=FailurePolicy)
    on_undecodable: Literal["dead_letter", "skip"] = "dead_letter"
    max_poll_records: int = 500
    session_timeout_ms: int = 30_000
    max_in_flight: int = 64
    drain_timeout_s: float = 30.0
    observer: Observer = field(default_factory=Observer)
    _numbers: count[int] = field(default_factory=count)
    open: dict[str, Subscription] = field(default_factory=dict)
    """Open subscriptions by name."""

    async def subscribe(
        self,
        topic: str,
        group_id: str,
        handler: Callable[[EventMessage], Awaitable[None]],
        message_filter: Callable[[EventMessage], bool] | None,
        *,
        start: Literal["earliest", "latest"] = "latest",
        policy: FailurePolicy | None = None,
    ) -> Subscription:
        """Join the group and start the delivery.

        Raises:
            SubscriptionError: A bad name, an unknown topic, no rights, no broker; no member and no task remains.
        """
        try:
            group = self.namespace.physical(group_id)
            topics = await self._topics(topic)
        except WorkbenchError as error:
            raise _failed(topic, group_id, error) from error
        delivery = self._delivery(handler, message_filter, group, policy or self.policy)
        name = f"subscription {next(self._numbers)} of {group} to {topic}"

        def member(subscription: Subscription) -> GroupMember:
            return self.log.member(
                group,
                topics,
                start=start,
                session_timeout_ms=self.session_timeout_ms,
                on_revoke=subscription.revoke,
            )

        subscription = Subscription(
            name,
            member,
            delivery,
            self.tasks,
            lambda: self.log.committed(group),
            max_poll_records=self.max_poll_records,
            max_in_flight=self.max_in_flight,
            drain_timeout_s=self.drain_timeout_s,
        )
        try:
            await subscription.start()
        except BaseException as error:
            await subscription.aclose()
            if isinstance(error, WorkbenchError):
                raise _failed(topic, group_id, error) from error
            raise
        self.open[name] = subscription
        return subscription

    async def end(self, subscription: Subscription) -> None:
        """End a subscription; harmless when repeated."""
        await subscription.aclose()
        self.open.pop(subscription.name, None)

    async def aclose(self) -> None:
        """End all subscriptions."""
        for subscription in list(self.open.values()):
            await self.end(subscription)

    def _delivery(
        self,
        handler: Callable[[EventMessage], Awaitable[None]],
        message_filter: Callable[[EventMessage], bool] | None,
        group: str,
        policy: FailurePolicy,
    ) -> Delivery:
        return Delivery(
            handler=handler,
            message_filter=message_filter,
            policy=policy,
            send_dead_letter=self.send_dead_letter,
            environment=self.namespace.environment,
            consumer_group=group,
            observer=self.observer,
            require_security_context=self.require_security_context,
            permission=self.permission,
            on_undecodable=self.on_undecodable,
        )

    async def _topics(self, topic: str) -> list[str] | re.Pattern[str]:
        if topic == ALL_EVENTS:
            return self.namespace.all_events(self.environments)
        spaces = [self.namespace]
        if self.environments and not topic.startswith(RAW):
            spaces = [Namespace(self.namespace.prefix, name) for name in self.environments]
        names = [space.physical(topic) for space in spaces]
        known = {info.name for info in await self.log.describe(names)}
        for name in names:
            if name in known:
                continue
            if not self.create_missing:
                raise UnknownTopicError(
                    f"Topic {name} does not exist; create it, or open the bus with create_missing=True.",
                    topic=name,
                )
            await creation.create_topic(self.log, name, creation.MISSING_TOPIC_PARTITIONS, 1, None)
        return names


def _failed(topic: str, group_id: str, error: Exception) -> SubscriptionError:
    return SubscriptionError(
        f"Group {group_id!r} could not subscribe to {topic!r}: {error}",
        topic=topic,
        group_id=group_id,
    )
