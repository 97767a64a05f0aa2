"""``workbench topics``: an empty cluster is no failure, what is left out is counted, and topics can be made."""

from __future__ import annotations

import json

import pytest

from workbench.cli import exits


def test_an_empty_cluster_is_an_empty_list(run, fill):
    done = run("topics", "-b", fill({}))
    assert (done.exit_code, done.stdout, done.stderr) == (exits.OK, "", "There is no topic.\n")
    done = run("topics", "-J", "-b", fill({}))
    assert (done.exit_code, done.stdout) == (exits.OK, "")


@pytest.mark.parametrize("pattern", ["nope", "nope*", "~["])
def test_a_name_that_fits_nothing_is_an_error(run, address, pattern):
    done = run("topics", pattern, "-b", address)
    assert done.exit_code != exits.OK
    assert done.stderr.startswith("Error: ")


def test_replay_topics_are_counted(run, fill):
    done = run("topics", "-b", fill({"orders": [], "orders.replay.0123abcd": []}))
    assert "orders.replay" not in done.stdout
    assert "Left out: 1 topic made by replays" in done.stderr


def test_a_topic_is_made_and_listed(run, fill):
    address = fill({})
    done = run("topics", "create", "made", "-b", address, "-p", "3", "-c", "cleanup.policy=compact")
    assert done.exit_code == exits.OK, done.stderr
    (row,) = [json.loads(line) for line in run("topics", "made", "-J", "-b", address).stdout.splitlines()]
    assert (row["partitions"], row["cleanup_policy"]) == (3, "compact")
    assert run("topics", "create", "made", "-b", address).exit_code == exits.FAILED
    assert run("topics", "create", "x", "-c", "compact", "-b", address).exit_code == exits.USAGE
