"""workbench.toml is found, checked and read; a password in it is refused."""

from __future__ import annotations

import dataclasses

import pytest
from settings_files import WHOLE

from workbench.config import Address, find_file, load_settings
from workbench.errors import ConfigurationError


def test_without_a_file_settings_are_empty(tmp_path):
    settings = load_settings({}, tmp_path)
    assert (settings.path, dict(settings.clusters), settings.default, dict(settings.topics)) == (None, {}, None, {})


def test_the_nearest_file_above_counts(folder):
    top = folder(WHOLE)
    below = top / "a" / "b"
    below.mkdir(parents=True)
    assert find_file({}, below) == top / "workbench.toml"
    (top / "a" / "workbench.toml").write_text("")
    assert find_file({}, below) == top / "a" / "workbench.toml"
    assert find_file({"WORKBENCH_CONFIG": str(top / "workbench.toml")}, below) == top / "workbench.toml"


def test_a_named_file_must_exist(tmp_path):
    with pytest.raises(ConfigurationError, match=r"WORKBENCH_CONFIG names .*nowhere\.toml, which is no file"):
        find_file({"WORKBENCH_CONFIG": str(tmp_path / "nowhere.toml")})


def test_everything_in_the_file_is_there(folder):
    settings = load_settings({}, folder(WHOLE))
    assert settings.default == "staging"
    assert settings.conventions == {"wiki": {"id": ["$.meta.id"]}}
    assert settings.topics == {"wiki.*": "wiki"}
    staging = settings.clusters["staging"]
    assert staging.address == Address.parse("staging.example:9093")
    assert staging.ssl_cafile == settings.path.parent / "certs" / "ca.pem"
    kinds = {name: (one.protected, one.development) for name, one in settings.clusters.items()}
    assert kinds == {
        "staging": (False, False),
        "production": (True, False),
        "here": (False, True),
        "mirror": (True, False),
        "lab": (False, True),
    }
    with pytest.raises(TypeError):
        settings.clusters["other"] = staging
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.default = None


@pytest.mark.parametrize(
    ("text", "complaints"),
    [
        ("[clusters.x]\naddres = 'h'", ["clusters.x.address: field required", "did you mean address?"]),
        ("[clusters.x]\naddress = 'h'\nprotected = 'yes'", ["clusters.x.protected", "valid boolean"]),
        ("[clusters.x]\naddress = 9092", ["clusters.x.address", "valid string"]),
        ("[clusters.x]\naddress = 'http://h'", ["clusters.x.address", "unknown scheme"]),
        ("[clusters.x]\naddress='h'\nsecurity_protocol='TLS'", ["clusters.x.security_protocol", "'SASL_SSL'"]),
        ("[clusters.x]\naddress='h'\nsasl_mechanism='MD5'", ["clusters.x.sasl_mechanism", "'OAUTHBEARER'"]),
        ("[clusters.x]\naddress='h'\nprotected=true\ndevelopment=true", ["exclude each other"]),
        ("[clusters.x]\naddress='h'\nsasl_password_env='A'\nsasl_password_keyring='B'", ["not both"]),
        ("default = 'y'\n[clusters.x]\naddress='h'", ["no cluster of it; it has x"]),
        ("[topics]\n'a.*' = 7", ["topics.a.*", "valid string"]),
        ("[topics.t]\nschema = 'o.avsc'", ["topics.t: say the format"]),
        ("[topics.t]\nformat = 'avro'", ["Avro needs a schema"]),
        ("[topics.t]\nformat = 'thrift'", ["topics.t", "'avro', 'protobuf', 'msgpack' or 'cbor'"]),
        (
            "colour = 'blue'",
            [
                "colour: unknown key",
                "allowed: clusters, conventions, default, masking, max_record_mb, tail_memory_mb, topics",
            ],
        ),
        ("this is not toml", ["is no TOML", "line 1"]),
        ("[conventions]\nx = 3", ["conventions.x"]),
    ],
)
def test_faults_name_file_key_and_what_is_allowed(folder, text, complaints):
    with pytest.raises(ConfigurationError) as caught:
        load_settings({}, folder(text))
    for complaint in ["workbench.toml", *complaints]:
        assert complaint in str(caught.value)
    assert "pydantic" not in str(caught.value)


def test_a_password_in_the_file_is_refused_and_not_repeated(folder):
    with pytest.raises(ConfigurationError, match="sasl_password_env or sasl_password_keyring") as caught:
        load_settings({}, folder("[clusters.x]\naddress = 'h'\nsasl_password = 'hunter2'"))
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(caught.value.__cause__) + repr(caught.value.__context__)


def test_a_table_of_a_topic_says_its_format_and_convention(folder):
    text = """
[topics]
"wiki.*" = "wiki"

[topics."orders.*"]
convention = "shop"
format = "avro"
schema = "schemas/order.avsc"

[topics.packed]
format = "msgpack"
"""
    settings = load_settings({}, folder(text))
    assert dict(settings.topics) == {"wiki.*": "wiki", "orders.*": "shop"}
    assert list(settings.topic_formats) == ["orders.*", "packed"]
    entry = settings.topic_formats["orders.*"]
    assert (entry.format, entry.message, entry.reader_schema) == ("avro", "", None)
    assert entry.schema == settings.path.parent / "schemas/order.avsc"
