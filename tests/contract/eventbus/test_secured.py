"""The configured bus against a broker that asks for passwords, tokens, certificates and rights."""

from __future__ import annotations

import base64
import json
import time

import pytest
from certificates import Authority

from workbench.bus.kafka import local
from workbench.bus.kafka.local.ports import free_ports
from workbench.errors import AuthenticationError, PublishError, SubscriptionError, WorkbenchError
from workbench.eventbus import EventBusConfiguration, create_event_bus_from_config
from workbench.testing import create_test_event, wait_until

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(240)]

USERS = {"ada": "ada-secret", "bob": "bob-secret"}
KINDS = {
    "TLS": ("SSL", None, False),
    "MUTUAL": ("SSL", None, True),
    "PLAIN": ("SASL_PLAINTEXT", "PLAIN", False),
    "SCRAM256": ("SASL_PLAINTEXT", "SCRAM-SHA-256", False),
    "SCRAM512": ("SASL_SSL", "SCRAM-SHA-512", False),
    "OAUTH": ("SASL_PLAINTEXT", "OAUTHBEARER", False),
}


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def ports(tmp_path_factory, authority, packaged_kafka):
    """Port of the listener of each kind, and of the plain one for set-up."""
    found = dict(zip(KINDS, free_ports(len(KINDS)), strict=True))
    server = authority.issue("broker", "127.0.0.1", "localhost")
    options = local.BrokerOptions(
        listeners=tuple(
            local.SecureListener(
                name=name, port=found[name], protocol=protocol, mechanism=mechanism, client_certificate=mutual
            )
            for name, (protocol, mechanism, mutual) in KINDS.items()
        ),
        users=USERS,
        tls=local.TlsFiles(server.combined, authority.certificate),
        authorizer=True,
        super_users=("User:ada", "User:CN=ada"),
    )
    broker = local.up(0, data=tmp_path_factory.mktemp("secured"), options=options)
    yield {**found, "SETUP": broker.port}
    local.down(broker.port)


def configuration(kind, ports, authority, *, user="ada", **fields):
    protocol, mechanism, mutual = KINDS[kind]
    if protocol.endswith("SSL"):
        fields.setdefault("ssl_cafile", str(authority.certificate))
    if mutual and "ssl_certfile" not in fields:
        pair = authority.issue("ada")
        fields |= {"ssl_certfile": str(pair.certificate), "ssl_keyfile": str(pair.key)}
    if mechanism == "OAUTHBEARER":
        fields.setdefault("sasl_token_provider", unsecured_token)
    elif mechanism:
        fields.setdefault("sasl_password", USERS[user])
        fields["sasl_username"] = user
    return EventBusConfiguration(
        broker_urls=[f"127.0.0.1:{ports[kind]}"], security_protocol=protocol, sasl_mechanism=mechanism,
        environment="secured", enable_metrics=False, publish_timeout_ms=20_000, **fields,
    )  # fmt: skip


async def unsecured_token():
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    now = int(time.time())
    return f"{part({'alg': 'none'})}.{part({'sub': 'ada', 'iat': now - 5, 'exp': now + 300})}."


@pytest.mark.promise("CF-8", "CF-9", "CF-12")
@pytest.mark.parametrize("kind", KINDS)
async def test_the_right_credentials_publish_and_deliver(kind, ports, authority):
    topic = f"events-{kind.lower()}"
    received = []

    async def keep(event):
        received.append(event.event_id)

    async with await create_event_bus_from_config(configuration(kind, ports, authority)) as bus:
        await bus.create_topic(topic, 1)
        end = await bus.subscribe_to_topic(topic, "g", keep)
        event = create_test_event()
        assert await bus.publish_event(event, topic) is True
        await wait_until(lambda: received, timeout_s=30, what="delivery")
        await end()
    assert received == [event.event_id]


@pytest.mark.promise("CF-8", "CF-9")
@pytest.mark.parametrize("kind", ["PLAIN", "SCRAM256", "SCRAM512"])
async def test_a_wrong_password_is_a_clear_error_soon(kind, ports, authority, caplog):
    wrong = configuration(kind, ports, authority, sasl_password="wrong-marked")  # noqa: S106 - made up
    began = time.monotonic()
    with pytest.raises(AuthenticationError) as caught:
        await create_event_bus_from_config(wrong)
    assert time.monotonic() - began < 20
    assert "wrong-marked" not in f"{caught.value} {caught.value!r} {caplog.text}"


@pytest.mark.promise("CF-8")
async def test_a_certificate_of_a_stranger_is_refused(ports, authority, tmp_path):
    stranger = Authority(tmp_path, "Another authority")
    with pytest.raises(AuthenticationError):
        await create_event_bus_from_config(configuration("TLS", ports, authority, ssl_cafile=str(stranger.certificate)))
    pair = stranger.issue("ada")
    began = time.monotonic()
    with pytest.raises(WorkbenchError):
        await create_event_bus_from_config(
            configuration("MUTUAL", ports, authority, ssl_certfile=str(pair.certificate), ssl_keyfile=str(pair.key))
        )
    assert time.monotonic() - began < 45


@pytest.mark.promise("CF-9")
async def test_a_token_that_is_none_is_refused(ports, authority):
    async def garbage():
        return "no-token-at-all"

    with pytest.raises(WorkbenchError) as caught:
        await create_event_bus_from_config(configuration("OAUTH", ports, authority, sasl_token_provider=garbage))
    assert "no-token-at-all" not in str(caught.value)


@pytest.mark.promise("PB-3", "PB-8", "CF-8")
async def test_no_rights_are_publish_and_subscription_errors(ports, authority):
    async with await create_event_bus_from_config(configuration("PLAIN", ports, authority)) as ada:
        await ada.create_topic("guarded", 1)

    async def nothing(_event):
        pass

    async with await create_event_bus_from_config(configuration("PLAIN", ports, authority, user="bob")) as bob:
        began = time.monotonic()
        with pytest.raises(PublishError) as caught:
            await bob.publish_event(create_test_event(), "guarded")
        assert caught.value.__cause__ is not None
        with pytest.raises(SubscriptionError):
            await bob.subscribe_to_topic("guarded", "g", nothing)
        assert time.monotonic() - began < 60
        assert bob.subscriptions == ()
