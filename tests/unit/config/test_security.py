from __future__ import annotations

import pytest

from workbench.bus.kafka import KafkaSecurity
from workbench.config import Address
from workbench.config.security import clear_text_fault, security_faults, sends_readably, uses_sasl
from workbench.errors import ConfigurationError
from workbench.eventbus import EventBusConfiguration

FAULTS = [
    ("TLS", None, ["security_protocol"]),
    ("SASL_SSL", None, ["security_protocol"]),
    ("PLAINTEXT", "PLAIN", ["sasl_mechanism"]),
    ("SASL_SSL", "MD5", ["sasl_mechanism"]),
    ("TLS", "MD5", ["security_protocol", "sasl_mechanism", "sasl_mechanism"]),
]


@pytest.mark.parametrize(("protocol", "mechanism", "settings"), FAULTS)
def test_a_log_and_a_bus_refuse_the_same_settings(protocol, mechanism, settings):
    faults = list(security_faults(protocol, mechanism))
    assert [setting for setting, _ in faults] == settings
    with pytest.raises(ConfigurationError, match=settings[0]):
        KafkaSecurity(security_protocol=protocol, sasl_mechanism=mechanism)
    with pytest.raises(ConfigurationError) as caught:
        EventBusConfiguration(security_protocol=protocol, sasl_mechanism=mechanism)
    assert all(f"{setting}: {fault}" in str(caught.value) for setting, fault in faults)


@pytest.mark.parametrize(("protocol", "mechanism"), [("PLAINTEXT", None), ("SSL", None), ("SASL_SSL", "SCRAM-SHA-512")])
def test_what_goes_together_has_no_fault(protocol, mechanism):
    assert list(security_faults(protocol, mechanism)) == []
    assert uses_sasl(protocol) is (mechanism is not None)


CLEAR = [
    ("SASL_PLAINTEXT", "PLAIN", "broker.example", True, True),
    ("SASL_PLAINTEXT", "OAUTHBEARER", "10.0.0.1:9092", True, True),
    ("SASL_PLAINTEXT", "SCRAM-SHA-512", "broker.example", True, False),
    ("SASL_PLAINTEXT", "GSSAPI", "broker.example", False, False),
    ("SASL_PLAINTEXT", "PLAIN", "localhost:9092", False, False),
    ("SASL_PLAINTEXT", "PLAIN", "localhost:9092,broker.example", True, True),
    ("SASL_SSL", "PLAIN", "broker.example", False, False),
    ("PLAINTEXT", None, "broker.example", False, False),
]


@pytest.mark.parametrize(("protocol", "mechanism", "host", "refused", "readable"), CLEAR)
def test_secrets_in_clear_are_refused_everywhere_by_one_rule(protocol, mechanism, host, refused, readable):
    address = Address.parse(host)
    fault = clear_text_fault(protocol, mechanism, address, allowed=False)
    assert (fault is not None) is refused
    assert clear_text_fault(protocol, mechanism, address, allowed=True) is None
    assert sends_readably(protocol, mechanism, address) is readable

    def configured(**more):
        return EventBusConfiguration(
            broker_urls=[f"{name}:{port}" for name, port in address.hosts],
            security_protocol=protocol,
            sasl_mechanism=mechanism,
            **more,
        )

    if fault is not None:
        with pytest.raises(ConfigurationError) as caught:
            configured()
        assert f"security_protocol: {fault} in the configuration" in str(caught.value)
    assert configured(secrets_without_tls=True).secrets_without_tls
