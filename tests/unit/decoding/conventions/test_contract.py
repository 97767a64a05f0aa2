"""Events that the contract's own encoder writes are recognised as the contract, without a problem."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.decoding import decode_record
from workbench.decoding.conventions.contract import encode_event
from workbench.decoding.times import EPOCH
from workbench.model import Record, TimestampType
from workbench.model.events.event import EventMessage, EventMetadata, SecurityContext

ids = st.uuids().map(str) | st.from_regex(r"\A[a-z]{1,8}-[0-9]{1,9}\Z")
names = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=12)
times = st.datetimes(datetime(2000, 1, 1), datetime(2100, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds it
contexts = st.none() | st.builds(SecurityContext, user_id=names, tenant_id=names, permissions=st.just([]), token=names)


@settings(deadline=None)
@given(ids, ids, st.none() | ids, names, times, contexts)
def test_encoded_events_keep_their_identity(  # noqa: PLR0917 - hypothesis fills them
    event_id, correlation, causation, source, moment, context
):
    event = EventMessage(
        event_id=event_id,
        event_type="task.completed",
        payload={"original_topic": "not a dead letter"},
        metadata=EventMetadata(source=source, correlation_id=correlation, causation_id=causation, environment="prod"),
        timestamp=moment.isoformat(),
        security_context=context,
    )
    encoded = encode_event(event)
    record = Record("onex.prod.task_events", 0, 0, 0, TimestampType.CREATE, encoded.key, encoded.value, encoded.headers)
    found = decode_record(record)
    assert (found.convention, found.dialect, found.event_id, found.correlation_id) == (
        "contract",
        "seed",
        event_id,
        correlation,
    )
    assert (found.event_type, found.source, found.environment) == ("task.completed", source, "prod")
    assert found.event_time == (moment - EPOCH) // (datetime.resolution)
    assert found.tenant == (None if context is None else context.tenant_id)
    if causation == event_id:
        assert (found.cause_state, found.problems) == ("root", ("self_cause",))
    else:
        assert [cause.value for cause in found.causes] == ([] if causation is None else [causation])
        assert found.cause_state == ("root" if causation is None else "declared")
        assert found.problems == ()
