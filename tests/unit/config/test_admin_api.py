"""The Admin API of a profile, and of the environment."""

from __future__ import annotations

import pytest

from workbench.config import resolve
from workbench.config.admin_api import AdminSettings, admin_urls
from workbench.errors import ConfigurationError

CLUSTER = """
[clusters.c]
address = "redpanda://127.0.0.1:9092"
admin_url = "http://127.0.0.1:9644, http://127.0.0.1:9645/"
"""
SIGNED = CLUSTER + 'admin_username = "admin"\nadmin_password_env = "ADMIN"\n'


def test_a_profile_has_urls_and_credentials(folder):
    found = resolve("c", {"ADMIN": "geheim"}, folder=folder(SIGNED)).admin
    assert found.urls == ("http://127.0.0.1:9644", "http://127.0.0.1:9645")
    assert (found.username, found.password.get_secret_value(), found.hosts) == ("admin", "geheim", ("127.0.0.1",))
    assert "geheim" not in repr(found)


def test_the_environment_names_one_for_bare_addresses_and_profiles_without(folder):
    environ = {"WORKBENCH_ADMIN_URL": "http://localhost:9644"}
    assert resolve("kafka://localhost:9092", environ).admin == AdminSettings(urls=("http://localhost:9644",))
    bare = folder('[clusters.c]\naddress = "kafka://127.0.0.1:9092"\n')
    assert resolve("c", environ, folder=bare).admin.urls == ("http://localhost:9644",)
    assert resolve("c", {}, folder=bare).admin is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "No URL"),
        ("broker:9644", "no URL of the Admin API"),
        ("http://", "no URL"),
        ("http://a:b@host:9644", "user name or password"),
        ("http://host:9644/v1", "ends after the port"),
        ("http://host:9644?x=1", "ends before"),
        ("http://host:99999", "no URL"),
    ],
)
def test_what_is_no_url_is_refused(text, why):
    with pytest.raises(ConfigurationError, match=why):
        admin_urls(text)


def test_a_profile_with_a_wrong_url_names_the_key(folder):
    with pytest.raises(ConfigurationError, match=r"admin_url: .*no URL"):
        resolve("c", {}, folder=folder('[clusters.c]\naddress = "kafka://127.0.0.1:9092"\nadmin_url = "x"\n'))


def test_a_password_alone_and_one_in_the_file_are_refused(folder):
    with pytest.raises(ConfigurationError, match="together"):
        resolve("c", {"ADMIN": "x"}, folder=folder(CLUSTER + 'admin_password_env = "ADMIN"\n'))
    with pytest.raises(ConfigurationError, match="admin_password_env"):
        resolve("c", {}, folder=folder(CLUSTER + 'admin_password = "x"\n'))


def test_a_file_that_leads_elsewhere_needs_trust(folder):
    away = CLUSTER.replace("http://127.0.0.1:9645", "https://broker.invalid:9644")
    for text in (away, SIGNED):
        with pytest.raises(ConfigurationError, match="trust"):
            resolve("c", {"ADMIN": "x"}, folder=folder(text, trust=False))
    assert resolve("c", {}, folder=folder(CLUSTER, trust=False)).admin is not None
