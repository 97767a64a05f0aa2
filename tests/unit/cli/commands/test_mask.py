"""``workbench mask``: a snapshot from before the rules is copied masked, and not shown itself."""

from __future__ import annotations

from workbench.cli import exits

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
