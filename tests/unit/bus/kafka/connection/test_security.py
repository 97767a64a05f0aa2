from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import SecretStr

from workbench.bus import open_log
from workbench.bus.kafka import KafkaLog, KafkaSecurity
from workbench.bus.profiles import log_of
from workbench.config import Address, Profile
from workbench.errors import ConfigurationError


async def _token() -> str:
    return "t"


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"security_protocol": "TLS"}, "security_protocol"),
        ({"security_protocol": "SASL_SSL"}, "sasl_mechanism"),
        ({"sasl_mechanism": "PLAIN"}, "security_protocol"),
        ({"security_protocol": "SASL_SSL", "sasl_mechanism": "MD5"}, "sasl_mechanism"),
        ({"security_protocol": "SASL_SSL", "sasl_mechanism": "PLAIN", "username": "u"}, "password"),
        ({"security_protocol": "SASL_SSL", "sasl_mechanism": "SCRAM-SHA-512", "password": "p"}, "username"),
        ({"security_protocol": "SASL_SSL", "sasl_mechanism": "OAUTHBEARER"}, "token"),
        ({"cafile": "ca.pem"}, "cafile"),
    ],
)
def test_settings_that_cannot_work_name_the_field(settings, word):
    with pytest.raises(ConfigurationError, match=word):
        KafkaSecurity(**settings)


def test_secrets_stay_out_of_repr():
    security = KafkaSecurity(
        security_protocol="SASL_SSL",
        sasl_mechanism="PLAIN",
        username="u",
        password="s3cret",  # noqa: S106 - made up
        key_password="k3y",  # noqa: S106 - made up
    )
    assert "s3cret" not in repr(security)
    assert "k3y" not in repr(security)


def test_a_missing_certificate_is_a_clear_error(tmp_path):
    security = KafkaSecurity(security_protocol="SSL", cafile=str(tmp_path / "none.pem"))
    with pytest.raises(ConfigurationError, match=r"none\.pem"):
        security.client_options()


async def test_tokens_are_asked_for_each_time():
    security = KafkaSecurity(security_protocol="SASL_PLAINTEXT", sasl_mechanism="OAUTHBEARER", token_provider=_token)
    provider = security.client_options()["sasl_oauth_token_provider"]
    assert await provider.token() == "t"


class TestWithoutTls:
    PLAIN = {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "PLAIN", "username": "u", "password": "s3cret"}  # noqa: RUF012
    SCRAM = {**PLAIN, "sasl_mechanism": "SCRAM-SHA-512"}  # noqa: RUF012

    @pytest.mark.parametrize("settings", [PLAIN, SCRAM])
    @pytest.mark.parametrize("address", ["kafka://broker.example", "kafka://localhost,broker.example", "10.0.0.1:9092"])
    def test_no_way_sends_a_secret_to_another_machine_unless_that_is_allowed(self, settings, address):
        with pytest.raises(ConfigurationError, match=r"read or guess the secret.*secrets_without_tls=True") as refused:
            open_log(address, **settings)
        assert "s3cret" not in str(refused.value)
        with pytest.raises(ConfigurationError, match="secrets_without_tls"):
            KafkaLog(address, security=KafkaSecurity(**settings))

    def test_what_is_readable_warns_and_the_rest_is_quiet(self):
        with pytest.warns(UserWarning, match="sends the secret readably to kafka://broker.example:9092"):
            open_log("broker.example", **self.PLAIN, secrets_without_tls=True)
        open_log("broker.example", **self.SCRAM, secrets_without_tls=True)
        open_log("localhost:29092", **self.PLAIN)
        open_log("broker.example", **{**self.PLAIN, "security_protocol": "SASL_SSL"})

    def test_profiles_carry_their_permission(self):
        profile = Profile(
            address=Address.parse("broker.example"),
            security_protocol="SASL_PLAINTEXT",
            sasl_mechanism="SCRAM-SHA-256",
            sasl_username="u",
            sasl_password=SecretStr("s3cret"),
            secrets_without_tls=True,
        )
        assert isinstance(log_of(profile), KafkaLog)
        with pytest.raises(ConfigurationError, match="secrets_without_tls"):
            log_of(replace(profile, secrets_without_tls=False))


class TestOpenLog:
    def test_hosts_and_default_port(self):
        log = open_log("kafka://a.example:9093,b.example")
        assert isinstance(log, KafkaLog)
        assert log.address == "kafka://a.example:9093,b.example:9092"

    def test_redpanda_speaks_the_same_protocol(self):
        log = open_log("redpanda://h:19092")
        assert isinstance(log, KafkaLog)
        assert log.address == "redpanda://h:19092"

    def test_bare_host_and_port(self):
        assert open_log("localhost:19092").address == "kafka://localhost:19092"

    def test_version_6_addresses(self):
        assert open_log("kafka://[::1]:9092").address == "kafka://[::1]:9092"

    @pytest.mark.parametrize("text", ["kafka://", "kafka://u:p@h:1", "redis://h", "kafka://h:port"])
    def test_what_cannot_be_an_address(self, text):
        with pytest.raises(ConfigurationError):
            open_log(text)

    def test_an_unknown_option_names_the_known(self):
        with pytest.raises(ConfigurationError, match="security_protocol"):
            open_log("kafka://h", user="x")

    def test_options_that_are_none_count_as_not_given(self):
        assert open_log("kafka://h", username=None, cafile=None).address == "kafka://h:9092"

    def test_unopened_says_so(self):
        log = open_log("kafka://h")
        with pytest.raises(RuntimeError, match="not open yet"):
            log.writer()
