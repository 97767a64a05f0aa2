"""``workbench schemas``, and the registry of ``capture`` and ``tail``."""

from __future__ import annotations

import json

import duckdb
import pytest
from framed_values import ORDER, ORDER_2, avro_value, framed
from registry_server import serving

from workbench.cli import exits
from workbench.model import NewRecord


@pytest.fixture
def server():
    with serving() as state:
        state.add("orders-value", ORDER)
        state.add("orders-value", ORDER_2)
        yield state


def test_subjects_and_versions_are_listed(run, server):
    done = run("schemas", "list", "-r", server.url)
    assert done.exit_code == exits.OK, done.stderr
    assert "orders-value" in done.stdout
    rows = [
        json.loads(line) for line in run("schemas", "list", "orders-value", "-J", "-r", server.url).stdout.splitlines()
    ]
    assert [(row["version"], row["schema_id"], row["name"]) for row in rows] == [
        (1, 1, "shop.Order"),
        (2, 2, "shop.Order"),
    ]
    assert run("schemas", "list", "--prefix", "x", "-r", server.url).stderr == "There is no subject.\n"


def test_the_environment_names_the_registry(run, server, monkeypatch):
    monkeypatch.setenv("WORKBENCH_SCHEMA_REGISTRY_URL", server.url)
    assert "orders-value" in run("schemas", "list").stdout
    monkeypatch.delenv("WORKBENCH_SCHEMA_REGISTRY_URL")
    done = run("schemas", "list")
    assert done.exit_code == exits.USAGE
    assert "schema_registry_url" in done.stderr


def test_a_schema_is_printed_as_it_is_held(run, server):
    done = run("schemas", "get", "orders-value", "1", "-r", server.url)
    assert json.loads(done.stdout) == ORDER
    assert done.stderr == "orders-value version 1, id 1, AVRO\n"
    found = json.loads(run("schemas", "get", "orders-value", "-J", "-r", server.url).stdout)
    assert (found["version"], json.loads(found["schema"])) == (2, ORDER_2)
    missing = run("schemas", "get", "nope", "-r", server.url)
    assert missing.exit_code == exits.FAILED
    assert "40401" in missing.stderr


def test_versions_are_compared(run, server):
    assert '+      "name": "note",' in run("schemas", "diff", "orders-value", "1", "-r", server.url).stdout


def test_a_schema_is_registered_from_a_file(run, server, tmp_path):
    file = tmp_path / "customer.avsc"
    file.write_text(json.dumps({**ORDER, "name": "Customer"}))
    done = run("schemas", "register", "customers-value", str(file), "-r", server.url)
    assert (done.exit_code, done.stdout) == (exits.OK, "3\n"), done.stderr
    file.write_text(json.dumps({**ORDER, "name": "Customer", "fields": [{"name": "x", "type": "int"}]}))
    refused = run("schemas", "register", "customers-value", str(file), "-r", server.url)
    assert refused.exit_code == exits.FAILED
    assert "READER_FIELD_MISSING_DEFAULT_VALUE" in refused.stderr
    whole = tmp_path / "whole.json"
    whole.write_text(json.dumps({"type": "record", "name": "Whole", "fields": [{"name": "o", "type": "shop.Order"}]}))
    command = ("schemas", "register", "whole-value", str(whole), "-t", "avro", "-r", server.url)
    assert run(*command, "--reference", "shop.Order=orders-value:1").exit_code == exits.OK
    assert run(*command, "--reference", "shop.Order").exit_code == exits.USAGE
    other = tmp_path / "a.txt"
    other.write_text("{}")
    assert "--type" in run("schemas", "register", "s", str(other), "-r", server.url).stderr


def test_registries_elsewhere_want_a_reason_and_protected_ones_the_name(run, server, tmp_path, monkeypatch):
    file = tmp_path / "a.avsc"
    file.write_text(json.dumps(ORDER))
    done = run("schemas", "register", "s", str(file), "-r", "https://registry.example")
    assert done.exit_code == exits.USAGE
    assert "--reason" in done.stderr
    settings = tmp_path / "workbench.toml"
    settings.write_text(
        f"[clusters.shop]\naddress = 'localhost'\nprotected = true\nschema_registry_url = '{server.url}'\n"
    )
    monkeypatch.setenv("WORKBENCH_CONFIG", str(settings))
    command = ("schemas", "register", "s", str(file), "--reason", "INC-42")
    for named in ("shop", server.url):
        refused = run(*command, "-r", named)
        assert refused.exit_code == exits.REFUSED
        assert "target='s'" in refused.stderr
    assert run(*command, "-r", "shop", "--target", "s").exit_code == exits.OK


def test_a_capture_stores_schemas(run, fill, server, tmp_path):
    values = [avro_value(1, ORDER, {"orderId": "a", "cents": 1}), framed(77, b"x")]
    address = fill({"orders": [NewRecord("orders", value=value) for value in values]})
    into = tmp_path / "a.duckdb"
    done = run("capture", "orders", "-b", address, "--into", str(into), "-r", server.url)
    assert done.exit_code == exits.OK, done.stderr
    assert "77 cannot be had" in done.stderr
    with duckdb.connect(str(into), read_only=True) as file:
        assert file.execute("SELECT id, registry FROM schemas").fetchall() == [(1, server.url)]


def test_a_tail_prints_values_as_json(run, fill, server):
    address = fill({"orders": [NewRecord("orders", value=avro_value(1, ORDER, {"orderId": "a", "cents": 1}))]})
    command = ("tail", "orders", "-b", address, "-o", "beginning", "-e", "-f", r"%s\n")
    assert json.loads(run(*command, "-r", server.url).stdout) == {"orderId": "a", "cents": 1}
    assert run(*command).stdout_bytes.startswith(b"\0")


def test_a_tail_says_what_is_missing_and_prints_the_rest(run, fill, server):
    address = fill({"orders": [NewRecord("orders", value=framed(77, b"x")), NewRecord("orders", value=b"{}")]})
    done = run("tail", "orders", "-b", address, "-o", "beginning", "-e", "-f", r"%s\n", "-r", server.url)
    assert done.exit_code == exits.OK, done.stderr
    assert sorted(done.stdout_bytes.split(b"\n")) == [b"", framed(77, b"x"), b"{}"]
    assert done.stderr.count("77 cannot be had") == 1
