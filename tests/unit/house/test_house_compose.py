"""compose.yaml without Docker: its form and settings; the addresses in it, in its head and in the pages agree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from workbench.bus.kafka.local.lifecycle import DEFAULT_PORT
from workbench.bus.kafka.local.options import BrokerOptions, server_properties
from workbench.config import Address

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "compose.yaml").read_text("utf-8")
COMPOSE = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]
PUBLISHED = re.compile(r"127\.0\.0\.1:(\d+):(\d+)")


def published(service: str) -> dict[int, int]:
    """Ports of the host, and the ports of the container behind them."""
    found = [PUBLISHED.fullmatch(port) for port in SERVICES[service]["ports"]]
    assert all(found), "loopback only, and both ports are written"
    return {int(host): int(inside) for host, inside in (match.groups() for match in found)}


def options(service: str) -> dict[str, str]:
    """Long options of the command."""
    return dict(word[2:].partition("=")[::2] for word in SERVICES[service]["command"] if word.startswith("--"))


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_the_form_that_compose_reads(service):
    assert set(COMPOSE) == {"services"}
    assert set(SERVICES[service]) <= {"image", "ports", "command", "environment"}
    assert re.fullmatch(r"[a-z0-9/]+:v?\d+\.\d+\.\d+", SERVICES[service]["image"]), "a pinned version"
    assert all(isinstance(value, str) for value in SERVICES[service].get("environment", {}).values()), "quote numbers"
    assert all(isinstance(word, str) for word in SERVICES[service].get("command", []))


def test_no_two_services_want_the_same_port():
    hosts = [port for service in SERVICES for port in published(service)]
    assert len(hosts) == len(set(hosts))


def test_the_settings_of_kafka_are_those_that_the_packaged_broker_starts_with():
    ours = server_properties(BrokerOptions(), port=1, controller_port=2, logs=Path("logs")).splitlines()
    known = {line.partition("=")[0] for line in ours}
    named = {key.removeprefix("KAFKA_").lower().replace("_", ".") for key in SERVICES["kafka"]["environment"]}
    assert named <= known


def test_kafka_listens_where_it_is_published_and_says_so_to_clients():
    settings = SERVICES["kafka"]["environment"]
    (host, inside), *others = published("kafka").items()
    assert (host, others) == (DEFAULT_PORT, []), "the port of `workbench kafka up` and of the pages"
    listeners = dict(re.findall(r"(\w+)://([^,]+)", settings["KAFKA_LISTENERS"]))
    assert listeners["PLAINTEXT"] == f"0.0.0.0:{inside}"
    assert settings["KAFKA_ADVERTISED_LISTENERS"] == f"PLAINTEXT://127.0.0.1:{host}"
    assert set(listeners) == set(re.findall(r"(\w+):PLAINTEXT", settings["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"]))
    assert settings["KAFKA_CONTROLLER_QUORUM_VOTERS"] == f"{settings['KAFKA_NODE_ID']}@{listeners['CONTROLLER']}"


def test_redpanda_listens_where_it_is_published_and_says_so_to_clients():
    given = options("redpanda")
    ports = {name: int(value.rpartition(":")[2]) for name, value in given.items() if name.endswith("addr")}
    assert given["advertise-kafka-addr"] == f"external://127.0.0.1:{ports['kafka-addr']}"
    assert given["advertise-pandaproxy-addr"] == f"127.0.0.1:{ports['pandaproxy-addr']}"
    admin = 9644  # Redpanda's default, for which no option is given
    assert published("redpanda") == {port: port for port in {*ports.values(), admin}}


def test_the_addresses_in_the_head_are_those_that_the_services_have():
    for service in SERVICES:
        (line,) = re.findall(rf"^#   docker compose up -d {service} +(.*)$", TEXT, re.MULTILINE)
        address = Address.parse(line.split()[0])
        said = {int(port) for port in re.findall(r"\d{4,5}", line)}
        assert address.scheme == service
        assert said == set(published(service))
