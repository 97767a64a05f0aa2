from __future__ import annotations

import tomllib
from importlib import resources

import pytest

from workbench.decoding import TopicConvention, builtin_conventions, decode_record, load_conventions, make_convention
from workbench.errors import ConfigurationError
from workbench.model import Record, TimestampType

BUILT_IN = [
    *("contract", "cloudevents", "cloudevents_axon4", "cloudevents_debezium", "nservicebus", "masstransit"),
    *("masstransit_rider", "kurrentdb_sink", "kurrentdb_json", "axon5", "axon4", "axon", "wolverine", "marten"),
    *("railseventstore", "debezium_change", "debezium_transaction", "debezium_outbox", "eiffel", "cdevents"),
    *("generic_json", "generic_headers"),
]


def record(value: bytes | None, *headers: tuple[bytes, bytes | None], topic: str = "t") -> Record:
    return Record(topic, 0, 0, 0, TimestampType.CREATE, None, value, headers)


def test_every_convention_is_built_in_and_onex_comes_first():
    names = [convention.name for convention in builtin_conventions()]
    assert list(dict.fromkeys(names)) == ["onex", *BUILT_IN]
    assert all(convention.version for convention in builtin_conventions())


def test_built_in_definitions_pass_the_check_that_they_are_spared():
    table = resources.files("workbench.decoding.conventions").joinpath("builtin.toml").read_text(encoding="utf-8")
    for name, definition in tomllib.loads(table).items():
        assert make_convention(name, definition) in builtin_conventions()


def test_own_convention_of_a_toml_table_comes_before_the_built_in_ones():
    text = """
    [conventions.shop]
    strength = 3
    all = ["value:no", "value:kind ~ order\\\\..*"]
    event_id = "value:no"
    cause = ["value:because -> auto", ["header:cause", "value:items[].id"]]
    event_type = "value:kind"
    """
    conventions = load_conventions(tomllib.loads(text)["conventions"])
    found = decode_record(
        record(b'{"no": 12345678901234567890, "kind": "order.placed", "items": [{"id": 1.10}]}'), conventions
    )
    assert (found.convention, found.event_id, found.event_type) == ("shop", "12345678901234567890", "order.placed")
    assert [(cause.value, cause.via, cause.rank) for cause in found.causes] == [("1.10", "value:items[].id", 0)]
    assert found.via["event_id"] == "value:no"
    assert decode_record(record(b'{"no": 1, "kind": "x"}'), conventions).convention is None


def test_own_convention_replaces_the_built_in_one_of_its_name():
    conventions = load_conventions({"contract": {"all": ["value:a"], "event_id": "value:a"}})
    assert [convention.name for convention in conventions].count("contract") == 1
    assert conventions[0].name == "contract"


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        ({}, ["all"]),
        ({"all": []}, ["all"]),
        ({"all": ["value:a"], "event_idd": "value:a"}, ["event_idd"]),
        ({"all": ["value:a"], "strength": 9}, ["strength"]),
        ({"all": ["value:a"], "time": "iso"}, ["time"]),
        ({"all": ["value:a"], "pick": "any"}, ["pick"]),
        ({"all": ["val:a"]}, ["all", "val:a"]),
        ({"all": ["value:a ~ ("]}, ["all", "RE2"]),
        ({"all": ["value:a"], "event_id": "value:a | base64"}, ["event_id", "base64"]),
        ({"all": ["value:a"], "event_id": "value:a..b"}, ["event_id", "a..b"]),
        ({"all": ["value:a"], "event_id": "value:a[x"}, ["event_id", "a[x"]),
        ({"all": ["value:a"], "event_type": "topic:orders"}, ["event_type", "group"]),
        ({"all": ["value:a"], "cause": "value:b -> parent"}, ["cause", "parent"]),
        ({"all": ["value:a"], "root": "always"}, ["root", "always"]),
        ({"all": ["value:a"], "event_id": 5}, ["event_id"]),
        ({"all": ["value:a"], "cause": ["value:b", 7]}, ["cause"]),
    ],
)
def test_a_bad_convention_names_itself_and_the_key(definition, words):
    with pytest.raises(ConfigurationError) as raised:
        load_conventions({"shop": definition})
    assert all(word in str(raised.value) for word in ("shop", *words))


def test_tables_and_the_reserved_name_are_refused():
    with pytest.raises(ConfigurationError, match="shop"):
        load_conventions({"shop": "value:a"})  # type: ignore[dict-item]
    with pytest.raises(ConfigurationError, match="onex"):
        load_conventions({"onex": {"all": ["value:a"]}})


def test_a_convention_fixed_for_a_topic_wins_where_it_holds_or_is_forced():
    body = b'{"eventId": "e", "correlationId": "c"}'
    headers = ((b"NServiceBus.MessageId", b"m"),)
    assert decode_record(record(body, *headers)).convention == "nservicebus"
    fixed = {"t": TopicConvention("generic_json")}
    chosen = decode_record(record(body, *headers), topic_conventions=fixed)
    assert (chosen.convention, chosen.event_id, chosen.also_matched) == ("generic_json", "e", ("nservicebus",))
    assert "disagreement:event_id" in chosen.problems
    unmet = decode_record(record(b'{"x": 1}', *headers), topic_conventions=fixed)
    assert (unmet.convention, unmet.problems) == ("nservicebus", ())
    forced = decode_record(
        record(b'{"eventId": "e"}', *headers), topic_conventions={"t": TopicConvention("generic_json", force=True)}
    )
    assert (forced.convention, forced.event_id) == ("generic_json", "e")


def test_no_json_under_a_fixed_convention_is_a_problem_and_elsewhere_is_not():
    fixed = {"t": TopicConvention("generic_json")}
    assert decode_record(record(b"\x00\x01avro"), topic_conventions=fixed).problems == ("value_not_json",)
    assert decode_record(record(b"\x00\x01avro")).problems == ()
    assert decode_record(record(b"x"), topic_conventions={"t": TopicConvention("nservicebus")}).problems == ()


def test_spring_header_types_say_how_a_header_is_written():
    types = b'{"correlation_id": "java.util.UUID", "message_id": "java.lang.String", "event_type": "java.lang.String"}'
    found = decode_record(
        record(
            None,
            (b"spring_json_header_types", types),
            (b"correlation_id", b'"00000000-0000-4000-8000-0000000000C1"'),
            (b"message_id", b'"m-1"'),
            (b"event_type", b"plain"),
            (b"source", b'"kept"'),
        ),
    )
    assert (found.event_id, found.correlation_id) == ("m-1", "00000000-0000-4000-8000-0000000000c1")
    assert (found.event_type, found.source) == ("plain", '"kept"')


def test_tokens_never_surface():
    security = b'"security_context": {"user_id": "u", "tenant_id": "t", "token": "hush-hush"}'
    metadata = b'"metadata": {"source": "s", "correlation_id": "c"}'
    body = b'{"event_id": "1", "event_type": "t", "payload": {}, ' + metadata + b", " + security + b"}"
    found = decode_record(record(body))
    assert found.convention == "contract"
    assert "hush-hush" not in repr(found)
