"""Checked by mypy, never run: each marked line must be an error."""

from workbench import EventBusConfiguration, EventMessage, EventMetadata, EventType, ProtocolEventBus

MISSPELT: EventType = "user.creatd"  # error
EventMessage("e", "workflow.done", {}, EventMetadata("s", "c"), "2026-01-01T00:00:00Z")  # error
EventMetadata("only the source")  # error
EventBusConfiguration(backend_type="rabbit")  # error


class Half:
    async def publish_event(self, event_message: EventMessage, target_topic: str | None = None) -> bool:
        return True


bus: ProtocolEventBus = Half()  # error
