"""`cluster.schemas`: frames of subjects and versions, differences, validation, and guarded registration."""

from __future__ import annotations

import duckdb
import pytest
from framed_values import ORDER, ORDER_2
from registry_server import serving

import workbench as wb
from workbench.errors import ConfigurationError, SchemaRegistryError, ValidationError
from workbench.session.schemas import listing
from workbench.session.schemas.audit import audit_file


def audit_rows():
    with duckdb.connect(str(audit_file()), read_only=True) as connection:
        return connection.execute(
            "SELECT action, result, reason, cluster, details FROM audit ORDER BY rowid"
        ).fetchall()


async def test_frames_of_subjects_and_versions(cluster, server, monkeypatch):
    server.add("orders-value", ORDER)
    server.add("orders-value", ORDER_2)
    server.add("customers-value", {"title": "Customer"}, "JSON")
    frame = await cluster.schemas.subjects()
    assert frame.subject.tolist() == ["customers-value", "orders-value"]
    assert frame.version.tolist() == [1, 2]
    assert frame.name.tolist() == ["Customer", "shop.Order"]
    assert frame.attrs["provenance"] == [{"registry": server.url, "context": ""}]
    versions = await cluster.schemas.versions("orders-value")
    assert versions.schema_id.tolist() == [1, 2]
    assert versions.references.tolist() == [0, 0]
    assert (await cluster.schemas.subjects("orders")).subject.tolist() == ["orders-value"]
    monkeypatch.setattr(listing, "DETAILED", 1)
    assert (await cluster.schemas.subjects()).version.isna().tolist() == [False, True]


async def test_look_ups(cluster, server):
    server.add("orders-value", ORDER)
    found = await cluster.schemas.get("orders-value")
    assert found.version == 1
    assert (await cluster.schemas.by_id(1)) == found.schema
    assert await cluster.schemas.compatibility("orders-value") == "BACKWARD"
    broken = {**ORDER, "fields": [*ORDER["fields"], {"name": "x", "type": "int"}]}
    assert not (await cluster.schemas.check_compatibility("orders-value", broken, "AVRO")).is_compatible
    assert repr(cluster.schemas) == f"<ClusterSchemas {server.url}>"
    assert server.url in cluster._repr_html_()


async def test_differences(cluster, server):
    server.add("orders-value", ORDER)
    server.add("orders-value", ORDER_2)
    found = await cluster.schemas.diff("orders-value", 1)
    assert (found.first, found.second, found.changed) == (1, 2, True)
    with pytest.raises(SchemaRegistryError) as caught:
        await cluster.schemas.diff("orders-value", 7)
    assert caught.value.error_code == 40402


@pytest.mark.promise("RP-5")
async def test_an_event_is_validated_against_the_latest_version(cluster, server):
    money = {"type": "record", "name": "Money", "fields": [{"name": "cents", "type": "long"}]}
    named = [{"name": "Money", "subject": "money", "version": 1}]
    server.add("money", money)
    server.add(
        "prices-value", {"type": "record", "name": "P", "fields": [{"name": "net", "type": "Money"}]}, references=named
    )
    server.add("customers-value", {"type": "object", "required": ["name"]}, "JSON")
    assert await cluster.schemas.validate_event("prices-value", {"net": {"cents": 1}}) == []
    assert await cluster.schemas.validate_event("prices-value", b'{"net": {"cents": "x"}}') == [
        ("$.net.cents", "'x' is no long")
    ]
    assert await cluster.schemas.validate_event("customers-value", "{}") == [("$", "'name' is a required property")]
    with pytest.raises(ValidationError, match="no JSON"):
        await cluster.schemas.validate_event("customers-value", "{")


@pytest.mark.promise("RP-3")
async def test_a_registration_is_audited(cluster, server):
    made = await cluster.schemas.register("orders-value", ORDER, "AVRO")
    broken = {**ORDER, "fields": [*ORDER["fields"], {"name": "x", "type": "int"}]}
    with pytest.raises(SchemaRegistryError):
        await cluster.schemas.register("orders-value", broken, "AVRO")
    begun, done, _, failed = audit_rows()[-4:]
    assert begun[:4] == ("schema.register", "begun", "INC-42", cluster.name)
    assert done[1] == "done"
    assert f'"id": {made}' in done[4]
    assert '"subject": "orders-value"' in done[4]
    assert failed[1] == "failed: SchemaRegistryError"


async def test_a_read_only_connection_registers_nothing(server):
    async with await wb.connect("memory://ro", schema_registry=server.url) as cluster:
        with pytest.raises(ConfigurationError, match=r"read-only.*write=True"):
            await cluster.schemas.register("s", ORDER, "AVRO")
    assert server.asked == []


async def test_without_a_registry_the_setting_is_named():
    async with await wb.connect("memory://none") as cluster:
        with pytest.raises(ConfigurationError, match="schema_registry_url"):
            await cluster.schemas.subjects()
        assert "without a registry" in repr(cluster.schemas)


async def test_a_closed_cluster_asks_nothing():
    with serving() as server:
        async with await wb.connect("memory://closed", schema_registry=server.url) as cluster:
            await cluster.schemas.subjects()
        with pytest.raises(ConfigurationError, match="closed"):
            await cluster.schemas.subjects()
