"""The packaged broker comes up, goes down, survives kill -9, and says what is wrong."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import closing

import psutil
import pytest

from workbench.bus.kafka import local
from workbench.bus.kafka.local import launch, lifecycle, probe, state
from workbench.bus.kafka.local.jars import ensure
from workbench.bus.kafka.local.java import find_java
from workbench.bus.kafka.local.ports import free_port
from workbench.config import cache_folder
from workbench.errors import BrokerUnavailableError, ConfigurationError

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(180), pytest.mark.usefixtures("packaged_kafka")]


@pytest.fixture
def started():
    """A list of ports whose brokers end with the test."""
    ports: list[int] = []
    yield ports
    for port in ports:
        local.down(port)


def up(started, *args: object, **options: object):
    broker = local.up(*args, **options)
    started.append(broker.port)
    return broker


def kcat(*arguments: str, text: str | None = None):
    run = subprocess.run(["kcat", *arguments], input=text, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_several_run_at_once_and_an_up_again_changes_nothing(started, tmp_path):
    one = up(started, 0, data=tmp_path / "one")
    two = up(started, 0, data=tmp_path / "two")
    assert one.port != two.port
    assert one.cluster_id != two.cluster_id
    states = {found.broker: found.state for found in local.status()}
    assert states[one] == states[two] == "serving"
    assert local.up(one.port, data=tmp_path / "one") == one
    assert local.down(one.port) == one
    assert local.down(one.port) is None
    assert probe.ask("127.0.0.1", one.port) is None
    assert probe.ask("127.0.0.1", two.port).cluster_id == two.cluster_id
    assert one not in [found.broker for found in local.status()]


def test_records_survive_kill_9(started, tmp_path, topic_name):
    broker = up(started, 0, data=tmp_path, options=local.BrokerOptions(auto_create_topics=True))
    topic = topic_name()
    kcat("-P", "-b", broker.bootstrap, "-t", topic, "-X", "acks=all", text="first\nsecond\n")
    os.kill(broker.pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(broker.pid)] if psutil.pid_exists(broker.pid) else [], timeout=10)
    assert next(found.state for found in local.status() if found.broker == broker) == "gone"
    again = up(started, broker.port, data=tmp_path, options=local.BrokerOptions(auto_create_topics=True))
    assert again.cluster_id == broker.cluster_id
    assert again.pid != broker.pid
    assert kcat("-C", "-b", again.bootstrap, "-t", topic, "-e", "-q") == "first\nsecond\n"


def test_a_broker_that_no_longer_answers_is_replaced(started, tmp_path, monkeypatch):
    monkeypatch.setattr(lifecycle, "_ALIVE_S", 0.5)
    monkeypatch.setattr(lifecycle, "_STOP_S", 1.0)
    broker = up(started, 0, data=tmp_path)
    os.kill(broker.pid, signal.SIGSTOP)
    assert next(found.state for found in local.status() if found.broker == broker) == "silent"
    again = up(started, broker.port, data=tmp_path)
    assert again.pid != broker.pid
    assert launch.ended(psutil.Process(broker.pid)) if psutil.pid_exists(broker.pid) else True


def test_other_data_or_options_on_a_running_port_are_refused(started, tmp_path):
    broker = up(started, 0, data=tmp_path / "one")
    with pytest.raises(ConfigurationError, match=r"keeps its data in .*one.*kafka down --port"):
        local.up(broker.port, data=tmp_path / "two")
    with pytest.raises(ConfigurationError, match="runs with other options"):
        local.up(broker.port, data=tmp_path / "one", options=local.BrokerOptions(auto_create_topics=True))
    with pytest.raises(ConfigurationError, match=rf"in use by another broker, process {broker.pid}"):
        local.up(0, data=tmp_path / "one")
    with pytest.raises(ConfigurationError, match=r"keeps its data in .*one, not in .*two. It was not stopped"):
        local.down(broker.port, data=tmp_path / "two")
    assert local.down(broker.port, data=tmp_path / "one") is not None


def test_a_port_in_use_is_named(tmp_path):
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"Port {port} on 127.0.0.1 is already in use"):
            local.up(port, data=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_other_things_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(ConfigurationError, match="holds other files"):
        local.up(0, data=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_broker_that_cannot_start_names_its_log_and_leaves_nothing(tmp_path):
    broken = local.BrokerOptions(properties={"num.io.threads": "none at all"})
    with pytest.raises(BrokerUnavailableError, match=r"num\.io\.threads"):
        local.up(0, data=tmp_path, options=broken)
    late = local.BrokerOptions(properties={"authorizer.class.name": "no.such.Authorizer"})
    with pytest.raises(BrokerUnavailableError, match=r"Its log: .*broker\.log[\s\S]*no\.such\.Authorizer"):
        local.up(0, data=tmp_path, options=late)
    assert not any(found.broker.data == tmp_path for found in local.status())
    assert list(state.processes_on(tmp_path / "server.properties")) == []


def test_a_process_that_took_over_the_id_is_not_ended(started, tmp_path):
    broker = up(started, 0, data=tmp_path)
    local.down(broker.port)
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        state.remember(cache_folder(), state.LocalBroker(broker.port, 1, sleeper.pid, tmp_path, broker.version))
        assert local.down(broker.port) is None
        assert sleeper.poll() is None
    finally:
        sleeper.kill()
        sleeper.wait()


def test_the_command_line_twin(started, tmp_path):
    command = [sys.executable, "-m", "workbench", "kafka"]
    port = str(free_port())

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=150, check=False)

    started.append(int(port))
    brought = run("up", "--port", port, "--data", str(tmp_path))
    assert (brought.returncode, brought.stdout) == (0, f"export WORKBENCH_ADDRESS=kafka://127.0.0.1:{port}\n")
    found = run("status", "--port", port, "--json")
    assert found.returncode == 0
    assert f'"address": "kafka://127.0.0.1:{port}"' in found.stdout
    assert '"state": "serving"' in found.stdout
    ended = run("down", "--port", port)
    assert ended.returncode == 0
    assert str(tmp_path) in ended.stderr
    assert run("status", "--port", port).returncode == 1


def test_java_takes_the_flags_of_a_broker_for_measurements():
    """Those that take the quick start back stand behind it, and Java refuses some combinations of collectors."""
    java, jars = find_java(), ensure(cache_folder())
    command = launch.java_command(java, jars, None, *launch.LONG_RUN, "-XX:+PrintFlagsFinal", "-version")
    flags = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    values = {name: value for _, name, _, value, *_ in (line.split() for line in flags.splitlines() if " = " in line)}
    assert (values["UseG1GC"], values["UseSerialGC"], values["TieredStopAtLevel"]) == ("true", "false", "4")
