from __future__ import annotations

import pytest

from workbench.bus.kafka import KafkaSecurity
from workbench.config.security import security_faults, uses_sasl
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
