from __future__ import annotations

from workbench.config import cache_folder
from workbench.config.folders import config_folder


def test_the_cache_folder_can_be_moved(tmp_path):
    assert cache_folder({"WORKBENCH_CACHE": str(tmp_path)}) == tmp_path
    assert cache_folder({}).name == "eventbus-workbench"


def test_the_configuration_folder_can_be_moved(tmp_path):
    assert config_folder({"WORKBENCH_CONFIG_FOLDER": str(tmp_path)}) == tmp_path
    assert config_folder({}).name == "eventbus-workbench"
