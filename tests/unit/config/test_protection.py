"""A protected cluster stays protected by whatever name it is opened."""

from __future__ import annotations

import uuid

import pytest

from workbench.config import Address, Profile
from workbench.config.folders import config_folder
from workbench.config.protection import FILE_NAME, is_protected
from workbench.errors import ConfigurationError

PROTECTED = Profile(address=Address.parse("kafka://broker-1:9092,broker-2:9092"), name="prod", protected=True)


def bare(address: str) -> Profile:
    return Profile(address=Address.parse(address))


@pytest.mark.parametrize("address", ["kafka://broker-1:9092", "kafka://10.1.2.3:19092", "kafka://alias:9092"])
def test_the_id_of_a_protected_cluster_is_remembered(address):
    known = uuid.uuid4().hex
    assert not is_protected(bare(address), known)
    assert is_protected(PROTECTED, known)
    assert is_protected(bare(address), known)
    assert not is_protected(bare(address), uuid.uuid4().hex)


@pytest.mark.parametrize(("address", "found"), [("broker-2:9092", True), ("broker-2:9093", False)])
def test_an_address_of_a_protected_profile_is_protected_before_any_connection(tmp_path, monkeypatch, address, found):
    path = tmp_path / "workbench.toml"
    path.write_text("[clusters.prod]\naddress = 'kafka://broker-1:9092,broker-2:9092'\nprotected = true\n")
    monkeypatch.setenv("WORKBENCH_CONFIG", str(path))
    assert is_protected(bare(address), uuid.uuid4().hex) is found


def test_a_list_that_cannot_be_read_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_CONFIG_FOLDER", str(tmp_path))
    (config_folder() / FILE_NAME).write_text("{")
    with pytest.raises(ConfigurationError, match="list of protected clusters"):
        is_protected(bare("a:1"), "cluster-1")
