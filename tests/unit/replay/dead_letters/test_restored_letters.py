"""The failed record is restored from each family of dead letters, or the reason is told."""

from __future__ import annotations

import base64
import json

import pytest

from workbench.replay.dead_letters.restored_letters import NotRestorable, restore


def b64(data):
    return base64.b64encode(data).decode()


def contract(**payload):
    given = {
        "original_key_b64": b64(b"k"),
        "original_value_b64": b64(b"\xff\x00"),
        "original_headers": [[b64(b"h"), None], [b64(b"\xfe"), b64(b"")]],
        "redacted": [],
    }
    return json.dumps({"payload": {**given, **payload}}).encode()


def test_the_contract_keeps_every_byte():
    found = restore(b"letter", contract(), (), "contract_dlq")
    assert (found.key, found.value, found.headers) == (b"k", b"\xff\x00", ((b"h", None), (b"\xfe", b"")))
    assert restore(None, contract(original_key_b64=None), (), "contract_dlq").key is None


@pytest.mark.parametrize(
    ("value", "via", "reason"),
    [
        (contract(original_value_b64=None, redacted=["security_context.token"]), "contract_dlq", "was redacted"),
        (contract(original_value_b64="%%%"), "contract_dlq", "is damaged"),
        (contract(original_headers=[["x"]]), "contract_dlq", "is damaged"),
        (b'{"payload": 7}', "contract_dlq", "holds no bytes"),
        (b"no json", "contract_dlq", "is no JSON"),
        (b"[]", "onex_dlq", "is no JSON object"),
        (b'{"original_message": {"value": "<decode_failed>"}}', "onex_dlq", "lost bytes"),
        ('{"original_message": {"value": "Z\N{REPLACEMENT CHARACTER}rich"}}'.encode(), "onex_dlq", "lost bytes"),
        (b'{"original_message": {"key": "k"}}', "onex_dlq", "no copy of the original value"),
        (None, "spring_dlt", "is empty"),
    ],
)
def test_what_cannot_be_restored_is_told(value, via, reason):
    with pytest.raises(NotRestorable, match=reason):
        restore(b"k", value, (), via)


def test_a_copy_as_text_is_encoded_again():
    body = json.dumps({"original_message": {"key": None, "value": '{"a": "Zürich"}'}}).encode()
    found = restore(b"k", body, ((b"failure_reason", b"x"), (b"h", b"1")), "onex_dlq")
    assert (found.key, found.value, found.headers) == (None, '{"a": "Zürich"}'.encode(), ((b"h", b"1"),))


def nested(depth, value="first"):
    for at in range(depth):
        value = json.dumps({"original_topic": "t", "original_message": {"key": f"k{at}", "value": value}})
    return value.encode()


def test_a_letter_about_a_letter_is_opened_down_to_the_record_that_failed_first():
    for depth in (1, 2, 5):
        found = restore(b"k", nested(depth), ((b"original_topic", b"t"),), "onex_dlq")
        assert (found.key, found.value, found.removed) == (b"k0", b"first", ("original_topic",))
    with pytest.raises(NotRestorable, match="lost bytes"):
        restore(b"k", nested(3, "<no_value>"), (), "onex_dlq")


def test_a_redacted_copy_is_not_sent():
    with pytest.raises(NotRestorable, match="parts of its body were redacted"):
        restore(b"k", nested(1), (), "onex_dlq", ["lossy_copy", "redacted"])


def test_headers_of_the_dead_letter_are_left_out_and_named():
    headers = ((b"a", b"1"), (b"kafka_dlt-original-topic", b"t"), (b"a", None), (b"__connect.errors.topic", b"t"))
    found = restore(b"k", b"v", headers, "spring_dlt")
    assert found.headers == ((b"a", b"1"), (b"a", None))
    assert found.removed == ("kafka_dlt-original-topic", "__connect.errors.topic")


OWN = {
    "smallrye": ("dead-letter-topic", "dead-letter-reason", "dead-letter-exception-class-name"),
    "karafka": ("source_topic", "source_partition", "source_offset", "source_attempts"),
    "wolverine": ("original-destination", "original-offset", "exception-type", "failed-at"),
    "k2k": ("k2k_topic", "k2k_partition", "k2k_offset"),
    "kafka_backup": ("x-source-partition", "x-source-cluster", "x-original-offset"),
    "nservicebus": ("NServiceBus.FailedQ", "NServiceBus.TimeOfFailure", "NServiceBus.ExceptionInfo.StackTrace"),
    "masstransit_fault": ("MT-Fault-Message", "MT-Reason", "MT-Host-MachineName"),
    "application": ("originalTopic", "retry-count", "lastErrorMessage"),
}


@pytest.mark.parametrize("via", OWN)
def test_each_writer_takes_its_own_headers_along(via):
    headers = ((b"tenant", b"t"), *((name.encode(), b"1") for name in OWN[via]), (b"retries-of-mine", b"2"))
    found = restore(b"k", b"v", headers, via)
    assert found.headers == ((b"tenant", b"t"), (b"retries-of-mine", b"2"))
    assert found.removed == OWN[via]
    if via in ("karafka", "wolverine", "application"):
        assert restore(b"k", b"v", headers, "watermill").headers == headers, "they are others' own headers elsewhere"


@pytest.mark.parametrize("via", [None, "topic_name", "user"])
def test_an_envelope_about_a_failure_is_not_the_record_that_failed(via):
    for body in ({"event_type": "system.dead_letter", "payload": {}}, {"original_message": {"value": "x"}}):
        with pytest.raises(NotRestorable, match="its body is that of a dead letter"):
            restore(b"k", json.dumps(body).encode(), (), via)
    for value in (b'{"text": "system.dead_letter"}', b"system.dead_letter", b"[" * 9_000 + b"original_message"):
        assert restore(b"k", value, (), via).value == value
