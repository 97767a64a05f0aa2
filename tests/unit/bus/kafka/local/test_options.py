"""Options of the packaged broker and the properties file made of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.bus.kafka.local import BrokerOptions, SecureListener, TlsFiles
from workbench.bus.kafka.local.options import server_properties
from workbench.errors import ConfigurationError


def lines(options):
    text = server_properties(options, port=1, controller_port=2, logs=Path("/data/kafka"))
    return dict(line.split("=", 1) for line in text.splitlines())


def test_a_plain_broker_listens_on_loopback_alone():
    found = lines(BrokerOptions())
    assert found["listeners"] == "PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:2"
    assert found["advertised.listeners"] == "PLAINTEXT://127.0.0.1:1"
    assert found["auto.create.topics.enable"] == "false"
    assert "authorizer.class.name" not in found


def test_listeners_users_and_rights():
    options = BrokerOptions(
        listeners=(
            SecureListener(name="SASL", port=3, protocol="SASL_PLAINTEXT", mechanism="PLAIN"),
            SecureListener(name="SCRAM", port=4, protocol="SASL_SSL", mechanism="SCRAM-SHA-256"),
            SecureListener(name="MUTUAL", port=5, protocol="SSL", client_certificate=True),
        ),
        users={"ann": "pw"},
        tls=TlsFiles(Path("/k.pem"), Path("/t.pem")),
        authorizer=True,
        super_users=("User:ann",),
        properties={"message.max.bytes": "7", "log.dirs": "/elsewhere"},
    )
    found = lines(options)
    assert found["listener.name.sasl.plain.sasl.jaas.config"].endswith('PlainLoginModule required user_ann="pw";')
    assert found["listener.name.scram.sasl.enabled.mechanisms"] == "SCRAM-SHA-256"
    assert found["listener.name.mutual.ssl.client.auth"] == "required"
    assert found["listener.name.scram.ssl.client.auth"] == "none"
    assert found["super.users"] == "User:ANONYMOUS;User:ann"
    assert (found["message.max.bytes"], found["log.dirs"]) == ("7", "/elsewhere")
    assert options.scram_credentials == ["SCRAM-SHA-256=[name=ann,password=pw]"]
    assert "pw" not in repr(options)


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: SecureListener(name="low", port=1, protocol="SSL"), "upper-case"),
        (lambda: SecureListener(name="A", port=1, protocol="SASL_SSL"), "goes with a SASL protocol"),
        (lambda: SecureListener(name="A", port=1, protocol="SSL", mechanism="PLAIN"), "goes with a SASL protocol"),
        (
            lambda: SecureListener(
                name="A", port=1, protocol="SASL_PLAINTEXT", mechanism="PLAIN", client_certificate=True
            ),
            "need SSL",
        ),
        (lambda: BrokerOptions(listeners=(SecureListener(name="A", port=1, protocol="SSL"),)), "tls files"),
        (
            lambda: BrokerOptions(listeners=(SecureListener(name="CONTROLLER", port=1, protocol="PLAINTEXT"),)),
            "must differ",
        ),
        (lambda: BrokerOptions(users={"ann": 'a"b'}), "'ann'"),
    ],
)
def test_options_that_no_broker_can_serve(make, complaint):
    with pytest.raises(ConfigurationError, match=complaint):
        make()
