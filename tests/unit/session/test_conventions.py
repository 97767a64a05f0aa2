from __future__ import annotations

import json

import pyarrow as pa
import pytest

from workbench.errors import ConfigurationError
from workbench.model.records.columns import RECORD
from workbench.session.conventions import topic_decoder

SETTINGS = """
[topics]
"orders*" = "mine"

[conventions.mine]
all = ["value:number"]
event_id = "value:number"
"""


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "workbench.toml").write_text(SETTINGS)
    return tmp_path / "workbench.toml"


def records(count):
    names = {"specversion": "1.0", "id": "ce-1", "source": "/s", "type": "t"}
    headers = [{"name": f"ce_{name}".encode(), "value": value.encode()} for name, value in names.items()]
    body = json.dumps({"number": "n-1"}).encode()
    row = {"partition": 0, "timestamp_ms": 1, "timestamp_type": 0, "key": None, "headers": headers, "value": body}
    return pa.RecordBatch.from_pylist([{"offset": at, **row} for at in range(count)], schema=RECORD)


@pytest.mark.parametrize("count", [1, 40])
@pytest.mark.parametrize(
    ("topic", "found"), [("orders", "mine"), ("orders.later.eu", "mine"), ("payments", "cloudevents")]
)
def test_topics_that_nobody_named_before_follow_the_pattern(settings, topic, found, count):
    events = topic_decoder().decode(records(count), topic)
    assert set(events["convention"].to_pylist()) == {found}


def test_the_settings_are_those_of_its_beginning(settings):
    decoder = topic_decoder()
    settings.write_text("")
    assert decoder.decode(records(1), "orders")["event_id"].to_pylist() == ["n-1"]


def test_a_pattern_with_an_unknown_convention_is_refused(settings):
    settings.write_text('[topics]\n"orders*" = "nobodys"\n')
    with pytest.raises(ConfigurationError, match=r"names the convention 'nobodys', which does not exist; there are "):
        topic_decoder()
