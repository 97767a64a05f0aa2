"""Masking rules of the settings file are checked, and the faults of each are named."""

from __future__ import annotations

import pytest

from workbench.config import load_settings
from workbench.errors import ConfigurationError


def load(tmp_path, text):
    file = tmp_path / "workbench.toml"
    file.write_text(text)
    return load_settings({"WORKBENCH_CONFIG": str(file)}).masking


def rule(more):
    return f'[[masking.rules]]\ntopics = ["a"]\naction = "replace"\n{more}'


def test_rules_are_read(tmp_path):
    made = load(tmp_path, rule('paths = ["a.b"]\nheaders = ["h"]\nkey = true\n[masking]\nsalt_env = "S"'))
    (one,) = made.rules
    assert (one.topics, one.paths, one.headers, one.key, one.keep) == (("a",), ("a.b",), ("h",), True, 4)
    assert made.salt_env == "S"
    assert load(tmp_path, "").rules == ()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (rule(""), "rule 1: it masks nothing"),
        (rule('paths = ["a"]\nallow = ["b"]'), "one of paths, allow and value"),
        (rule('paths = ["a..b"]'), "'a..b' is no path"),
        (rule('headers = ["a"]\nallow_headers = ["b"]'), "not both"),
        (rule("key = true").replace('["a"]', "[]"), "name the topics"),
        (rule('key = true\nsalt = "x"'), "masking.rules.0.salt: unknown key"),
        (rule("key = true").replace("replace", "burn"), "action"),
    ],
)
def test_faults_are_named(tmp_path, text, why):
    with pytest.raises(ConfigurationError, match=why):
        load(tmp_path, text)


def test_a_salt_is_only_needed_for_hashes(tmp_path):
    assert load(tmp_path, rule("key = true")).salt({}).get_secret_value() == ""
    hashed = load(tmp_path, rule("key = true").replace("replace", "hash") + '\n[masking]\nsalt_env = "S"')
    with pytest.raises(ConfigurationError, match="set S"):
        hashed.salt({"S": "short"})
    salt = hashed.salt({"S": "a long enough salt"})
    assert "enough" not in repr(salt)
