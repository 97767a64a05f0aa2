"""The base of the event bus: the record log, the life cycle, and the parts that publish and subscribe."""

from __future__ import annotations

import asyncio
import warnings
from contextlib import ExitStack
from typing import TYPE_CHECKING

from workbench.errors import BrokerUnavailableError, ConfigurationError, PublishError, WorkbenchError
from workbench.eventbus.failures.policy import FailurePolicy
from workbench.eventbus.names import Namespace
from workbench.eventbus.observation import Auditor, Observer
from workbench.eventbus.publishing.publisher import Publisher
from workbench.eventbus.publishing.shared_writer import SharedWriter
from workbench.eventbus.publishing.transactions import TransactionManager
from workbench.eventbus.publishing.validation import EventRules
from workbench.eventbus.subscribing.subscriber import Subscriber
from workbench.eventbus.topics import creation
from workbench.tasks import Supervisor
from workbench.telemetry import SPAN_MANAGE, context_headers, shared_metrics, traced

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from workbench.bus.protocols import RecordLog
    from workbench.eventbus.subscribing.delivery import PermissionHook
    from workbench.eventbus.subscribing.subscription import Subscription
    from workbench.model.audit import AuditSink
    from workbench.model.events.event import EventMessage
    from workbench.tasks import Failure


class BusCore:
    """Opens and closes the record log and holds the parts of a bus; `EventBus` adds the operations.

    Args:
        log: The record log to work on, not yet open; the bus opens and closes it.
        environment: The environment that events are published to and, unless others are named, read from.
        topic_prefix: First segment of physical names.
        environments: Other environments to read as well; such a bus does not publish to them.
        extra_event_types: Event types accepted beside the contract's.
        require_security_context: Refuse events without one, on both sides.
        permission: Asked before an event is handled; False or an exception refuses it.
        create_missing: Create a topic at its first use; only for development clusters.
        raw_names: Allow publishing to physical topics by ``raw:NAME``.
        read_only: Refuse to publish and to change anything.
        transmit_tokens: Write security tokens into records; they are left out otherwise.
        metrics_port: Port on loopback for Prometheus, 0 for any free one; None for no metrics.
        audit: Takes one row for each publish and each change.
        who: For the audit.
        reason: For the audit.
    """

    def __init__(  # noqa: PLR0913 - one keyword for each promise of the configuration
        self,
        log: RecordLog,
        *,
        environment: str = "dev",
        topic_prefix: str = "onex",
        environments: Sequence[str] = (),
        extra_event_types: frozenset[str] = frozenset(),
        require_security_context: bool = False,
        permission: PermissionHook | None = None,
        create_missing: bool = False,
        raw_names: bool = False,
        read_only: bool = False,
        transmit_tokens: bool = False,
        batch_size: int = 100,
        max_poll_records: int = 500,
        session_timeout_ms: int = 30_000,
        publish_timeout_ms: int = 30_000,
        drain_timeout_s: float = 30.0,
        failure_policy: FailurePolicy | None = None,
        metrics_port: int | None = None,
        audit: AuditSink | None = None,
        who: str = "",
        reason: str = "",
    ) -> None:
        self._log = log
        self._namespace = Namespace(topic_prefix, environment)
        self._tasks = Supervisor()
        self._state = "new"
        self._starting = asyncio.Lock()
        self._create_missing = create_missing
        self._read_only = read_only
        self._known_topics: set[str] = set()
        self._metrics_port = metrics_port
        self._metrics = ExitStack()
        self._metrics_url: str | None = None
        self._auditor = Auditor(audit, log.address, who, reason)
        self.batch_size = batch_size
        """Events per batch, unless a call says otherwise."""
        observer = Observer(log.address.partition("://")[0], log.address, metered=metrics_port is not None)
        self._shared_writer = SharedWriter(log.writer, self._tasks)
        self._transactions = TransactionManager(
            lambda transaction_id: log.writer(transactional_id=self._namespace.physical(transaction_id))
        )
        self._publisher = Publisher(
            self._namespace,
            EventRules(environment, extra_event_types, require_security_context),
            self._shared_writer.send,
            timeout_s=publish_timeout_ms / 1000,
            transmit_tokens=transmit_tokens,
            raw_names=raw_names,
            context_headers=context_headers,
            observer=observer,
        )
        self._subscriber = Subscriber(
            log,
            self._namespace,
            self._tasks,
            self._publish_dead_letter,
            environments=tuple(environments),
            create_missing=create_missing,
            require_security_context=require_security_context,
            permission=permission,
            policy=failure_policy or FailurePolicy(),
            max_poll_records=max_poll_records,
            session_timeout_ms=session_timeout_ms,
            drain_timeout_s=drain_timeout_s,
            observer=observer,
        )

    @property
    def environment(self) -> str:
        """The environment that events are published to."""
        return self._namespace.environment

    @property
    def topic_prefix(self) -> str:
        """First segment of physical names."""
        return self._namespace.prefix

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """Open subscriptions, with their counts and blocked partitions."""
        return tuple(self._subscriber.open.values())

    @property
    def metrics_url(self) -> str | None:
        """URL of the Prometheus endpoint while the bus is open; None without metrics."""
        return self._metrics_url

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Background tasks that ended with an error, oldest first; normally none."""
        return self._tasks.failures

    def physical_name(self, logical: str) -> str:
        """Physical topic name of a logical one."""
        return self._namespace.physical(logical)

    @traced(SPAN_MANAGE)
    async def start(self) -> None:
        """Open the record log; harmless when repeated. The first other call does it too.

        Raises:
            PublishError: The bus was closed.
            BrokerUnavailableError: No broker answers.
        """
        await self._ensure_open()

    @traced(SPAN_MANAGE, "close")
    async def aclose(self) -> None:
        """End subscriptions, finish publishing, and close the record log. Idempotent."""
        async with self._starting:
            opened, self._state = self._state == "open", "closed"
        if opened:
            # Subscriptions end first: a handler that still runs may publish, and its dead letters need the writers.
            self._metrics_url = None
            await asyncio.to_thread(self._metrics.close)
            await self._subscriber.aclose()
            await self._shared_writer.aclose()
            await self._transactions.aclose()
            await self._tasks.aclose()
            await self._log.aclose()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    def __del__(self) -> None:
        if getattr(self, "_state", "new") == "open":
            message = f"{self!r} was never closed; use 'async with' or await aclose()."
            warnings.warn(message, ResourceWarning, stacklevel=2, source=self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._log.address} {self.topic_prefix}.{self.environment} {self._state}>"

    async def _ensure_open(self) -> None:
        if self._state == "open":
            return
        async with self._starting:
            if self._state == "closed":
                raise PublishError("The event bus is closed; make a new one.")
            if self._state == "new":
                await self._log.__aenter__()
                self._state = "open"
                if self._metrics_port is not None:
                    self._metrics_url = self._metrics.enter_context(shared_metrics(self._metrics_port))

    async def _ready_for(self, physical: str) -> None:
        """Open the bus, and create a topic to be written to where it is missing and this bus may create topics.

        Raises:
            PublishError: The broker is away, refuses the credentials, or does not create the topic.
        """
        try:
            await self._ensure_open()
            if not self._create_missing or physical in self._known_topics:
                return
            if not await self._log.describe([physical]):
                await creation.create_topic(self._log, physical, creation.MISSING_TOPIC_PARTITIONS, 1, None)
        except (PublishError, ConfigurationError):
            raise
        except WorkbenchError as error:
            raise PublishError(
                f"Nothing was sent to {physical}: {error}",
                topic=physical,
                cause_code=type(error).__name__,
                retriable=isinstance(error, BrokerUnavailableError),
            ) from error
        self._known_topics.add(physical)

    def _refuse_read_only(self) -> None:
        if self._read_only:
            raise PublishError("This bus is read-only; open one that may write, and say why.")

    async def _publish_dead_letter(self, letter: EventMessage) -> None:
        own = self._publisher.in_own_environment(letter)
        topic = self._publisher.route(own, None)
        await self._ready_for(topic)
        async with self._auditor.entry("dead_letter", topic=topic, records=1, event_id=own.event_id):
            await self._publisher.send(own, topic, None)
