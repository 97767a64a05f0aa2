"""Addresses: what is read, what is refused, and that no password survives."""

from __future__ import annotations

import pytest

from workbench.config import Address
from workbench.errors import ConfigurationError


@pytest.mark.parametrize(
    ("text", "scheme", "hosts", "shown"),
    [
        ("kafka://h:9093,h2:9092", "kafka", (("h", 9093), ("h2", 9092)), "kafka://h:9093,h2:9092"),
        ("redpanda://broker.example", "redpanda", (("broker.example", 9092),), "redpanda://broker.example:9092"),
        ("localhost:29092", "kafka", (("localhost", 29092),), "kafka://localhost:29092"),
        ("broker", "kafka", (("broker", 9092),), "kafka://broker:9092"),
        ("KAFKA://10.0.0.7/", "kafka", (("10.0.0.7", 9092),), "kafka://10.0.0.7:9092"),
        (" a:1 , b:2 ", "kafka", (("a", 1), ("b", 2)), "kafka://a:1,b:2"),
        (
            "kafka://[::1]:9094,[fe80::1]",
            "kafka",
            (("::1", 9094), ("fe80::1", 9092)),
            "kafka://[::1]:9094,[fe80::1]:9092",
        ),
    ],
)
def test_brokers(text, scheme, hosts, shown):
    address = Address.parse(text)
    assert (address.scheme, address.hosts, str(address)) == (scheme, hosts, shown)
    assert Address.parse(shown) == address


def test_an_embedded_cluster_has_a_name():
    address = Address.parse("memory://demo")
    assert (address.scheme, address.name, address.hosts, address.bootstrap) == ("memory", "demo", (), "")
    assert str(address) == "memory://demo"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no host name"),
        ("kafka://", "no host name"),
        ("http://h:80", "unknown scheme"),
        ("memory://", "needs a name"),
        ("memory://a/b", "needs a name"),
        ("h:0", "no port"),
        ("h:65536", "no port"),
        ("h:", "no port"),
        ("h:nine", "no port"),
        ("h:٩٠", "no port"),
        ("h,,h2", "no host name"),
        ("kafka://h/topic", "no host name"),
        ("ho st:9092", "no host name"),
        ("[::1:9092", "no \\[IPv6"),
        ("-h:9092", "no host name"),
    ],
)
def test_what_cannot_be_read_is_named(text, complaint):
    with pytest.raises(ConfigurationError, match=complaint):
        Address.parse(text)


def test_something_else_than_text():
    with pytest.raises(ConfigurationError, match="this is int"):
        Address.parse(9092)


@pytest.mark.parametrize(
    "text", ["kafka://ann:hunter2@h:9092", "ann:hunter2@h", "http://ann:hunter2@h", "memory://a:hunter2@b"]
)
def test_credentials_are_refused_and_not_repeated(text):
    with pytest.raises(ConfigurationError, match="profile") as caught:
        Address.parse(text)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("localhost", True),
        ("127.0.0.1:29092", True),
        ("[::1]:9092", True),
        ("memory://demo", True),
        ("kafka.localhost", True),
        ("127.0.0.1,10.0.0.1", False),
        ("broker.example", False),
    ],
)
def test_loopback(text, expected):
    assert Address.parse(text).is_loopback is expected
