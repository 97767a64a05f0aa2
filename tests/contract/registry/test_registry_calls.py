"""Calls of a schema registry, on every registry there is: what is registered is found again, and refusals say why."""

from __future__ import annotations

import pytest

from workbench.bus.registry import SubjectVersion
from workbench.errors import SchemaRegistryError, ValidationError
from workbench.model.schemas import SchemaReference

ORDER = {"type": "record", "name": "Order", "fields": [{"name": "id", "type": "string"}]}
ORDER_2 = {**ORDER, "fields": [*ORDER["fields"], {"name": "note", "type": ["null", "string"], "default": None}]}
BROKEN = {**ORDER, "fields": [*ORDER["fields"], {"name": "sum", "type": "long"}]}
CUSTOMER = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "properties": {"name": {"type": "string"}},
    "required": ["name"],
}


@pytest.fixture
def subject(topic_name):
    return f"{topic_name('orders')}-value"


async def code_of(call):
    with pytest.raises(SchemaRegistryError) as caught:
        await call
    return caught.value.status, caught.value.error_code


@pytest.mark.promise("RP-3")
async def test_a_schema_is_registered_once_and_found_by_id_and_subject(registry, subject):
    first = await registry.register(subject, ORDER, "AVRO")
    assert await registry.register(subject, ORDER, "AVRO") == first
    found = await registry.version(subject)
    assert isinstance(found, SubjectVersion)
    assert (found.subject, found.version, found.schema.id, found.schema.type) == (subject, 1, first, "AVRO")
    assert (await registry.by_id(first)).text == found.schema.text
    assert subject in await registry.subjects()
    assert await registry.versions(subject) == [1]
    assert (subject, 1) in await registry.uses_of(first)
    assert (await registry.look_up(subject, ORDER, "AVRO")).version == 1


@pytest.mark.promise("RP-3", "RP-5")
async def test_an_incompatible_change_is_refused_with_its_reasons(registry, subject, gives_reasons):
    await registry.register(subject, ORDER, "AVRO")
    assert (await registry.check_compatibility(subject, ORDER_2, "AVRO")).is_compatible
    refused = await registry.check_compatibility(subject, BROKEN, "AVRO")
    assert not refused.is_compatible
    with pytest.raises(SchemaRegistryError) as caught:
        await registry.register(subject, BROKEN, "AVRO")
    if gives_reasons:
        assert "sum" in " ".join(refused.messages)
        assert "sum" in str(caught.value)
    assert (caught.value.status, caught.value.error_code) == (409, 409)
    second = await registry.register(subject, ORDER_2, "AVRO")
    assert (await registry.version(subject)).schema.id == second
    assert (await registry.version(subject, 1)).schema.id != second


@pytest.mark.promise("RP-5")
async def test_levels_and_modes_are_read(registry, subject):
    await registry.register(subject, ORDER, "AVRO")
    level = await registry.compatibility()
    assert level == await registry.compatibility(subject)
    assert await registry.mode() == await registry.mode(subject) == "READWRITE"
    assert {"AVRO", "JSON", "PROTOBUF"} <= set(await registry.types())
    assert await registry.is_ready()


async def test_json_schemas_are_checked_before_they_are_sent(registry, subject):
    made = await registry.register(subject, CUSTOMER)
    assert (await registry.by_id(made)).type == "JSON"
    with pytest.raises(ValidationError, match="no JSON schema: at type"):
        await registry.register(subject, {**CUSTOMER, "type": 7})
    with pytest.raises(ValidationError, match="no Avro schema: the type 'Unheard' is unknown"):
        await registry.register(subject, {**ORDER, "fields": [{"name": "id", "type": "Unheard"}]}, "AVRO")


async def test_references_are_kept(registry, subject):
    part, whole = f"{subject}-part", f"{subject}-whole"
    money = {"type": "record", "name": "Money", "fields": [{"name": "cents", "type": "long"}]}
    invoice = {"type": "record", "name": "Invoice", "fields": [{"name": "sum", "type": "Money"}]}
    await registry.register(part, money, "AVRO")
    made = await registry.register(whole, invoice, "AVRO", [SchemaReference("Money", part, 1)])
    assert (await registry.by_id(made)).references == (SchemaReference("Money", part, 1),)
    assert await registry.referenced_by(part) == [made]
    lost = [SchemaReference("Money", part, 9)]
    assert await code_of(registry.register(f"{whole}-2", invoice, "AVRO", lost)) == (422, 42201)


async def test_what_is_not_there_has_its_code(registry, subject):
    assert await code_of(registry.versions(subject)) == (404, 40401)
    assert await code_of(registry.version(subject)) == (404, 40401)
    assert await code_of(registry.by_id(2_000_000_000)) == (404, 40403)
    await registry.register(subject, ORDER, "AVRO")
    assert await code_of(registry.version(subject, 9)) == (404, 40402)
    assert await code_of(registry.look_up(subject, BROKEN, "AVRO")) == (404, 40403)


async def test_names_of_subjects_may_hold_anything(registry, subject):
    odd = f"{subject}/ü % ?#&+"
    await registry.register(odd, ORDER, "AVRO")
    assert await registry.versions(odd) == [1]
    assert odd in await registry.subjects(subject)


async def test_a_subject_that_begins_with_a_colon_wants_a_context(registry, subject):
    with pytest.raises(ValidationError, match="context="):
        await registry.register(f":{subject}", ORDER, "AVRO")
