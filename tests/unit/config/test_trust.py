"""The clusters of a settings file that lies in a folder count once the user trusts the file as it is."""

from __future__ import annotations

import json
import socket
from contextlib import closing

import pytest
from settings_files import WHOLE

import workbench as wb
from workbench.config import resolve, trust_file
from workbench.config.security import sends_readably
from workbench.config.trust import digest_of, distrust_reason, remember, trusted_digests
from workbench.errors import ConfigurationError

STRANGER = """
default = "{name}"
[clusters."{name}"]
address = "kafka://{address}"
security_protocol = "SASL_PLAINTEXT"
sasl_mechanism = "PLAIN"
sasl_username = "x"
sasl_password_env = "ANY_VARIABLE"
secrets_without_tls = true
"""


@pytest.fixture
def secret(monkeypatch):
    monkeypatch.setenv("ANY_VARIABLE", "hunter2-marked")


class TestAnUntrustedFile:
    @pytest.mark.parametrize(
        "name", ["kafka://localhost:9092", "localhost:9092", "localhost", "127.0.0.1", "[::1]", "a:1,b:2"]
    )
    def test_an_address_is_never_replaced_by_a_profile(self, folder, secret, name):
        for trust in (False, True):
            where = folder(STRANGER.format(name=name, address="stranger.example:9092"), trust=trust)
            profile = resolve(name, folder=where)
            assert profile.name is None
            assert "stranger" not in str(profile.address)
            assert (profile.security_protocol, profile.sasl_password) == ("PLAINTEXT", None)

    @pytest.mark.parametrize(
        ("name", "asked"), [("prod", "prod"), ("broker.example", "broker.example"), ("prod", None)]
    )
    def test_its_clusters_are_refused_with_the_command_that_allows_them(self, folder, secret, name, asked):
        where = folder(STRANGER.format(name=name, address="stranger.example:9092"), trust=False)
        with pytest.raises(
            ConfigurationError, match=r"is not trusted, .*stranger\.example[\s\S]*workbench trust /"
        ) as caught:
            resolve(asked, folder=where)
        assert "hunter2" not in str(caught.value)

    async def test_nothing_reaches_the_stranger(self, folder, secret, monkeypatch):
        with closing(socket.create_server(("127.0.0.1", 0))) as listener:
            listener.settimeout(0.2)
            address = f"127.0.0.1:{listener.getsockname()[1]}"
            monkeypatch.chdir(folder(STRANGER.format(name="prod", address=address), trust=False))
            with pytest.raises(ConfigurationError, match="is not trusted"):
                await wb.connect()
            with pytest.raises(TimeoutError):
                listener.accept()

    def test_what_leads_nowhere_and_uses_no_secret_works(self, folder):
        where = folder(
            "[clusters.here]\naddress = 'localhost:29092'\n[clusters.m]\naddress = 'memory://m'", trust=False
        )
        assert resolve("here", folder=where).name == "here"
        assert resolve("m", folder=where).name == "m"

    @pytest.mark.parametrize("key", ["ssl_keyfile = 'k.pem'", "sasl_token_env = 'T'", "sasl_password_keyring = 'k'"])
    def test_a_secret_on_this_machine_needs_trust(self, folder, key):
        with pytest.raises(ConfigurationError, match="is not trusted"):
            resolve("x", folder=folder(f"[clusters.x]\naddress = 'localhost:1'\n{key}", trust=False))


class TestTrust:
    def test_a_change_wants_trust_again(self, folder, secret):
        where = folder(WHOLE)
        assert resolve("lab", folder=where).name == "lab"
        folder(WHOLE.replace("lab.example", "other.example"), trust=False)
        with pytest.raises(ConfigurationError, match="has changed since it was trusted"):
            resolve("lab", folder=where)

    def test_it_can_be_withdrawn(self, folder):
        where = folder(WHOLE)
        trust_file(where / "workbench.toml", trust=False)
        with pytest.raises(ConfigurationError, match="is not trusted"):
            resolve("lab", folder=where)

    def test_a_copy_elsewhere_is_another_file(self, folder):
        where = folder(WHOLE)
        (where / "clone").mkdir()
        (where / "clone" / "workbench.toml").write_text(WHOLE)
        with pytest.raises(ConfigurationError, match="is not trusted"):
            resolve("lab", folder=where / "clone")

    def test_a_file_that_the_environment_names_is_chosen_by_the_user(self, folder):
        where = folder(WHOLE, trust=False)
        assert resolve("lab", {"WORKBENCH_CONFIG": str(where / "workbench.toml")}).name == "lab"

    def test_what_cannot_be_read_is_not_trusted(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(ConfigurationError, match=r"No workbench\.toml was found"):
            trust_file()
        with pytest.raises(ConfigurationError, match="cannot be read"):
            trust_file(tmp_path / "none.toml")
        (tmp_path / "workbench.toml").write_text("nonsense")
        with pytest.raises(ConfigurationError, match="is no TOML"):
            trust_file()

    def test_the_list_survives_what_else_is_in_it(self, tmp_path, monkeypatch):
        monkeypatch.setenv("WORKBENCH_CONFIG_FOLDER", str(tmp_path / "deep" / "er"))
        file = tmp_path / "workbench.toml"
        assert distrust_reason(file, b"x") == "is not trusted"
        remember(file, digest_of(b"x"))
        remember(tmp_path / "other.toml", digest_of(b"y"))
        assert distrust_reason(file, b"x") is None
        assert len(trusted_digests()) == 2
        assert list((tmp_path / "deep" / "er").iterdir()) == [tmp_path / "deep" / "er" / "trusted.json"]
        (tmp_path / "deep" / "er" / "trusted.json").write_text(json.dumps(["odd"]))
        assert distrust_reason(file, b"x") == "is not trusted"
        (tmp_path / "deep" / "er" / "trusted.json").write_text("{")
        with pytest.raises(ConfigurationError, match=r"trusted\.json"):
            trusted_digests()


class TestWithoutTls:
    TEXT = "[clusters.x]\naddress='h'\nsecurity_protocol='SASL_PLAINTEXT'\nsasl_username='u'\n{keys}"

    @pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-512", "OAUTHBEARER"])
    def test_a_secret_needs_a_setting_of_its_own(self, folder, mechanism):
        where = folder(self.TEXT.format(keys=f"sasl_mechanism='{mechanism}'\nsasl_password_env='P'"))
        with pytest.raises(ConfigurationError, match=r"SASL_SSL; .*secrets_without_tls = true"):
            resolve("x", {"P": "hunter2"}, folder=where)

    @pytest.mark.parametrize("mechanism", ["sasl_mechanism='PLAIN'", "sasl_mechanism='OAUTHBEARER'", ""])
    def test_what_is_allowed_is_kept_for_the_connection_which_warns(self, folder, mechanism):
        where = folder(self.TEXT.format(keys=f"{mechanism}\nsecrets_without_tls=true\nsasl_password_env='P'"))
        profile = resolve("x", {"P": "hunter2"}, folder=where)
        assert profile.sasl_password is not None
        assert profile.secrets_without_tls
        assert sends_readably(profile.security_protocol, profile.sasl_mechanism, profile.address)

    @pytest.mark.parametrize("address", ["localhost:1", "h"])
    def test_scram_that_is_allowed_and_this_machine_are_quiet(self, folder, address):
        keys = "sasl_mechanism='SCRAM-SHA-256'\nsecrets_without_tls=true\nsasl_password_env='P'"
        text = self.TEXT.format(keys=keys).replace("'h'", f"'{address}'")
        assert resolve("x", {"P": "hunter2"}, folder=folder(text)).sasl_password is not None
