"""The strict registry refuses what the documented interface refuses, with its codes."""

from __future__ import annotations

import json

import httpx
import pytest
from registry_server import MEDIA, serving

ORDER = json.dumps({"type": "record", "name": "Order", "fields": [{"name": "id", "type": "string"}]})
OTHER = json.dumps({"type": "record", "name": "Order", "fields": [{"name": "sum", "type": "long"}]})


@pytest.fixture
def server():
    with serving() as state:
        yield state


@pytest.fixture
def ask(server):
    with httpx.Client(base_url=server.url, headers={"Content-Type": MEDIA}, trust_env=False) as client:

        def send(method, path, body=None, **params):
            content = body if isinstance(body, str) else json.dumps(body)
            answer = client.request(method, path, content=None if body is None else content, params=params)
            found = answer.json()
            return found["error_code"] if answer.status_code >= 400 else found

        yield send


def test_bodies_are_parsed_strictly(ask):
    path = "/subjects/s/versions"
    assert ask("POST", path, "{") == 422
    assert ask("POST", path, {"schema": {"type": "string"}}) == 422
    assert ask("POST", path, {"schema": ORDER, "schmaType": "AVRO"}) == 422
    assert ask("POST", path, {"schema": ORDER, "schemaType": "XML"}) == 422
    assert ask("POST", path, {"schema": ""}) == 42201
    assert ask("POST", path, {"schema": '{"type": "recrd"}'}) == 422
    assert ask("POST", path, {"schema": '{"type": 7}', "schemaType": "JSON"}) == 422
    assert ask("POST", path, {"schema": ORDER, "id": 7}) == 42205
    assert ask("POST", path, {"schema": ORDER}) == {"id": 1}
    assert ask("GET", "/subjects/s/versions/1") == {"subject": "s", "version": 1, "id": 1, "schema": ORDER}
    assert ask("GET", "/subjects/s/versions/1/schema") == json.loads(ORDER)


def test_deletion_is_soft_first(ask):
    ask("POST", "/subjects/s/versions", {"schema": ORDER})
    assert ask("DELETE", "/subjects/s", permanent="true") == 40405
    assert ask("DELETE", "/subjects/s/versions/1", permanent="true") == 40407
    assert ask("DELETE", "/subjects/s/versions/1") == 1
    assert ask("DELETE", "/subjects/s/versions/1") == 40406
    assert ask("DELETE", "/subjects/s") == 40404
    assert ask("GET", "/subjects") == []
    assert ask("GET", "/subjects", deleted="true") == ["s"]
    assert ask("GET", "/subjects/s/versions") == 40401
    assert ask("GET", "/subjects/s/versions/1") == 40401
    assert ask("GET", "/subjects/s/versions/1", deleted="true")["id"] == 1
    assert ask("DELETE", "/subjects/s", permanent="true") == [1]
    assert ask("DELETE", "/subjects/s") == 40401
    assert ask("GET", "/schemas/ids/1")["schema"] == ORDER


def test_levels_and_modes(ask):
    ask("POST", "/subjects/s/versions", {"schema": ORDER})
    assert ask("GET", "/config") == {"compatibilityLevel": "BACKWARD"}
    assert ask("GET", "/config/s") == 40408
    assert ask("GET", "/config/s", defaultToGlobal="true") == {"compatibilityLevel": "BACKWARD"}
    assert ask("PUT", "/config/s", {"compatibility": "SIDEWARD"}) == 42203
    assert ask("POST", "/subjects/s/versions", {"schema": OTHER}) == 409
    assert ask("PUT", "/config/s", {"compatibility": "NONE"}) == {"compatibility": "NONE"}
    assert ask("POST", "/subjects/s/versions", {"schema": OTHER}) == {"id": 2}
    assert ask("DELETE", "/config/s") == {"compatibilityLevel": "NONE"}
    assert ask("GET", "/mode/s") == 40409
    assert ask("PUT", "/mode", {"mode": "WRITEONLY"}) == 42204
    assert ask("PUT", "/mode/s", {"mode": "READONLY"}) == {"mode": "READONLY"}
    assert ask("POST", "/subjects/s/versions", {"schema": ORDER}) == 42205
    assert ask("DELETE", "/subjects/s") == 42205
    assert ask("DELETE", "/mode/s") == {"mode": "READONLY"}
    assert ask("PUT", "/mode", {"mode": "IMPORT"}) == {"mode": "IMPORT"}
    assert ask("POST", "/subjects/t/versions", {"schema": OTHER, "id": 1, "version": 4}) == 42207
    assert ask("POST", "/subjects/t/versions", {"schema": OTHER, "id": 2, "version": 4}) == {"id": 2}
    assert ask("GET", "/subjects/t/versions") == [4]


def test_versions_and_references(ask):
    money = json.dumps({"type": "record", "name": "Money", "fields": [{"name": "cents", "type": "long"}]})
    invoice = json.dumps({"type": "record", "name": "Invoice", "fields": [{"name": "sum", "type": "Money"}]})
    named = [{"name": "Money", "subject": "money", "version": 1}]
    assert ask("POST", "/subjects/i/versions", {"schema": invoice, "references": named}) == 42201
    ask("POST", "/subjects/money/versions", {"schema": money})
    made = ask("POST", "/subjects/i/versions", {"schema": invoice, "references": named})["id"]
    assert ask("GET", "/subjects/money/versions/1/referencedby") == [made]
    assert ask("DELETE", "/subjects/money") == 42206
    assert ask("GET", "/subjects/money/versions/x") == 42202
    assert ask("GET", "/subjects/money/versions/0") == 42202
    assert ask("GET", "/subjects/money/versions/7") == 40402
    assert ask("GET", "/subjects/money/versions/latest")["version"] == 1
    assert ask("GET", f"/schemas/ids/{made}/subjects") == ["i"]


def test_contexts_count_their_own_ids(ask):
    ask("POST", "/subjects/s/versions", {"schema": ORDER})
    assert ask("POST", "/contexts/.test/subjects/s/versions", {"schema": OTHER}) == {"id": 1}
    assert ask("GET", "/subjects/:.test:s/versions/1")["schema"] == OTHER
    assert ask("GET", "/contexts/.test/schemas/ids/1")["schema"] == OTHER
    assert ask("GET", "/schemas/ids/1")["schema"] == ORDER


@pytest.mark.parametrize(
    ("level", "new", "code"),
    [
        ("BACKWARD", {"name": "note", "type": "string"}, 409),
        ("BACKWARD", {"name": "note", "type": "string", "default": ""}, None),
        ("FORWARD", {"name": "note", "type": "string"}, None),
        ("FULL", {"name": "note", "type": "string"}, 409),
        ("FULL_TRANSITIVE", {"name": "note", "type": "string", "default": ""}, None),
    ],
)
def test_avro_compatibility(ask, level, new, code):
    ask("PUT", "/config", {"compatibility": level})
    ask("POST", "/subjects/s/versions", {"schema": ORDER})
    changed = json.loads(ORDER)
    changed["fields"].append(new)
    answer = ask("POST", "/subjects/s/versions", {"schema": json.dumps(changed)})
    assert answer == (code or {"id": 2})
    removed = {"type": "record", "name": "Order", "fields": []}
    answer = ask("POST", "/compatibility/subjects/s/versions/1", {"schema": json.dumps(removed)}, verbose="true")
    assert answer["is_compatible"] is (level == "BACKWARD")


def test_promotions_and_unions(ask):
    def fits(reader, writer):
        ask("POST", f"/subjects/{writer}{reader}/versions", {"schema": json.dumps(writer)})
        return ask(
            "POST",
            f"/compatibility/subjects/{writer}{reader}/versions/latest",
            {"schema": json.dumps(reader)},
        )["is_compatible"]

    assert fits("long", "int")
    assert not fits("int", "long")
    assert fits("string", "bytes")
    assert fits(["null", "string"], "string")
    assert not fits("string", ["null", "string"])
