"""Configuration from code, environment and profiles: who wins, and what is refused."""

from __future__ import annotations

import pytest

from workbench.config import trust_file
from workbench.errors import ConfigurationError
from workbench.eventbus import EventBusConfiguration, load_configuration
from workbench.eventbus.configuration.factory import log_of

pytestmark = pytest.mark.promise("CF-2", "CF-3", "CF-4", "CF-8", "CF-9")

TOML = """
[clusters.staging]
address = "kafka://k1.example.org:9093,k2.example.org:9093"
security_protocol = "SASL_SSL"
sasl_mechanism = "SCRAM-SHA-512"
sasl_username = "me"
sasl_password_env = "STAGING_PASSWORD"
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "workbench.toml").write_text(TOML)
    trust_file(tmp_path / "workbench.toml")
    return tmp_path


def test_a_profile_gives_brokers_and_security(folder):
    config = load_configuration("staging", {"STAGING_PASSWORD": "pw-marked"}, folder=folder)
    assert config.broker_urls == ["k1.example.org:9093", "k2.example.org:9093"]
    assert (config.security_protocol, config.sasl_mechanism, config.sasl_username) == (
        "SASL_SSL",
        "SCRAM-SHA-512",
        "me",
    )
    assert config.sasl_password.get_secret_value() == "pw-marked"
    assert "pw-marked" not in repr(config)


def test_what_a_profile_allows_counts_for_its_bus_and_nothing_else_allows_it(folder):
    clear = TOML.replace("SASL_SSL", "SASL_PLAINTEXT") + "secrets_without_tls = true\n"
    (folder / "workbench.toml").write_text(clear)
    trust_file(folder / "workbench.toml")
    environ = {"STAGING_PASSWORD": "pw-marked"}
    config = load_configuration("staging", environ, folder=folder)
    assert config.secrets_without_tls
    assert log_of(config).address == "kafka://k1.example.org:9093,k2.example.org:9093"
    with pytest.raises(ConfigurationError, match="WORKBENCH_BUS_SECRETS_WITHOUT_TLS sets nothing"):
        load_configuration("staging", {**environ, "WORKBENCH_BUS_SECRETS_WITHOUT_TLS": "true"}, folder=folder)


def test_code_wins_over_the_environment_and_that_over_the_default(folder):
    environ = {
        "WORKBENCH_ADDRESS": "memory://x",
        "WORKBENCH_BUS_ENVIRONMENT": "prod",
        "WORKBENCH_BUS_BATCH_SIZE": "7",
        "WORKBENCH_BUS_ENABLE_METRICS": "false",
        "WORKBENCH_BUS_EXTRA_EVENT_TYPES": "order.placed, order.paid",
    }
    config = load_configuration(None, environ, folder=folder, batch_size=9)
    assert (config.environment, config.batch_size, config.enable_metrics) == ("prod", 9, False)
    assert config.extra_event_types == frozenset({"order.placed", "order.paid"})
    assert config.broker_urls == ["memory://x"]
    assert config.topic_prefix == EventBusConfiguration().topic_prefix


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("WORKBENCH_BUS_BATCH_SIZE", "many"),
        ("WORKBENCH_BUS_READ_ONLY", "perhaps"),
        ("WORKBENCH_BUS_SASL_PASSWORD", "secret-marked"),
        ("WORKBENCH_BUS_NONSENSE", "1"),
    ],
)
def test_what_cannot_be_set_is_named(variable, value, folder):
    with pytest.raises(ConfigurationError, match=variable) as caught:
        load_configuration("memory://x", {variable: value}, folder=folder)
    assert "secret-marked" not in str(caught.value)


def test_a_missing_secret_is_named(folder):
    with pytest.raises(ConfigurationError, match="STAGING_PASSWORD"):
        load_configuration("staging", {}, folder=folder)
