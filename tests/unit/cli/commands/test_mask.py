"""``workbench mask``: a snapshot from before the rules is copied masked, and not shown itself."""

from __future__ import annotations

from workbench.cli import exits
from workbench.model import NewRecord

RULES = '[[masking.rules]]\ntopics = ["orders"]\nvalue = true\nkey = true\naction = "replace"\nreplacement = "hidden"\n'


def test_a_masked_copy_is_made(run, address, tmp_path, monkeypatch):
    assert run("capture", "orders", "-b", address, "--into", "plain.duckdb").exit_code == exits.OK
    (tmp_path / "rules.toml").write_text(RULES)
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "rules.toml"))
    refused = run("sql", "plain.duckdb", "select value from records")
    assert refused.exit_code != exits.OK
    assert "workbench mask" in refused.stderr
    done = run("mask", "plain.duckdb", "copy.duckdb")
    assert done.exit_code == exits.OK
    assert "5 records, masked as workbench.toml says" in done.stdout + done.stderr
    shown = run("sql", "copy.duckdb", "select distinct key_text, value_text from events where value_text is not null")
    assert "hidden" in shown.stdout
    assert "placed" not in shown.stdout
    # A search reads the cluster itself.
    found = run("search", "orders", "-b", address, "--where", "value is not null", "-J")
    assert "hidden" in found.stdout
    assert "placed" not in found.stdout


HIDDEN = "S3CR3T"
RULES_OF_PARTS = """
[[masking.rules]]
topics = ["payments"]
paths = ["payload.card", "**.email"]
headers = ["authorization"]
key = true
action = "replace"
"""
COMMANDS = [
    "topics -b {b}",
    "tail payments -b {b} -o start -e",
    "tail payments -b {b} -o start -e -J",
    "search payments -b {b} --words payment -J",
    "search payments -b {b} --regex payment --into found.duckdb",
    "page payments -b {b} -o start",
    "statistics payments -b {b}",
    "partitions payments -b {b}",
    "explain payments/0@0 -b {b}",
    "act produce payments -b {b} --like payments/0@0 --key x",
    "sql a.duckdb from_records",
    "sql a.duckdb from_events --json",
    "trace a.duckdb --correlation flow-1",
    "trace a.duckdb --correlation flow-1 --mermaid",
    "trace a.duckdb --correlation flow-1 --svg",
    "trace a.duckdb --correlation flow-1 --csv",
    "describe a.duckdb",
    "flows a.duckdb",
    "findings a.duckdb",
    "map a.duckdb",
    "compare a.duckdb found.duckdb",
    "export a.duckdb a.jsonl",
    "replay a.duckdb --where true -b {b} --to payments",
    "verify a.duckdb",
    "dlq a.duckdb",
]


def test_no_command_prints_a_secret(run, fill, tmp_path, monkeypatch):
    value = (
        f'{{"event_id": "e0", "correlation_id": "flow-1", "type": "payment", "payload": {{"card": "{HIDDEN}"}},'
        f' "who": [{{"email": "{HIDDEN}"}}]}}'
    ).encode()
    headers = ((b"authorization", HIDDEN.encode()),)
    broken = f'{{"payload": {{"card": "{HIDDEN}"'.encode()
    made = [NewRecord("payments", HIDDEN.encode(), one, headers, 0) for one in (value, broken, value)]
    address = fill({"payments": made})
    (tmp_path / "rules.toml").write_text(RULES_OF_PARTS)
    plain = run("tail", "payments", "-b", address, "-o", "start", "-e", "-J")
    assert HIDDEN in plain.stdout
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "rules.toml"))
    run("capture", "payments", "-b", address, "--into", "a.duckdb")
    for line in COMMANDS:
        words = [word.replace("from_", "from ").format(b=address) for word in line.split()]
        done = run(*words)
        said = done.stdout + done.stderr
        assert done.exit_code in (exits.OK, exits.REFUSED, exits.INCOMPLETE) or "masked" in said, (line, said)
        assert HIDDEN not in said, line
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or HIDDEN.encode() not in file.read_bytes(), file
