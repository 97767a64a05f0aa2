"""The event store: streams of events in a snapshot file, and the subscription that fills them."""

from workbench.eventbus.event_store.sourcing import EventSourcing
from workbench.eventbus.event_store.store import EventStore, StoredEvent, reconstruct_event_message, replay_events

__all__ = ["EventSourcing", "EventStore", "StoredEvent", "reconstruct_event_message", "replay_events"]
