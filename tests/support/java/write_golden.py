"""Writes the golden file of Java's serialisers anew: Maven fetches them, a real Kafka and Apicurio are started.

Run ``python tests/support/java/write_golden.py`` in a checkout. What they wrote is captured from Kafka, too, and has to
be read as their own libraries read it, before the file is written.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import tempfile
from pathlib import Path

import workbench as wb
from workbench.bus import open_log
from workbench.bus.kafka import local as kafka
from workbench.bus.registry import local as registry

HERE = Path(__file__).parent
GOLDEN = HERE.parents[1] / "unit" / "decoding" / "formats" / "golden" / "java_serialisers.json"
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
PREFIX = "shop"
SETTINGS = """
[topics."shop-avro-8"]
format = "avro"
schema = "order.avsc"

[topics."shop-avro-headers"]
format = "avro"
schema = "order.avsc"

[topics."shop-protobuf-headers"]
format = "protobuf"
schema = "shop.proto"

[topics."shop-glue-avro"]
format = "avro"
schema = "order.avsc"

[topics."shop-protobuf-8"]
format = "protobuf"
schema = "shop.proto"

[topics."shop-glue-protobuf"]
format = "protobuf"
schema = "shop.proto"
"""
"""Schemas of the topics whose frames name none of Apicurio's."""
TOPICS = (
    *("avro", "avro-8", "avro-headers", "protobuf", "protobuf-8", "protobuf-headers", "protobuf-indexes"),
    *("glue-avro", "glue-protobuf"),
)


def run(folder: Path, kind: str, program: str, *arguments: str) -> list[str]:
    """Compile a program against the libraries of a profile, run it, and return its lines."""
    jars, classes = folder / kind, folder / f"{kind}-classes"
    subprocess.run(
        ["mvn", "-B", "-q", f"-P{kind}", COPY, f"-DoutputDirectory={jars}"],
        cwd=HERE,
        check=True,
    )
    sources = [str(HERE / f"{name}.java") for name in ("Records", program)]
    subprocess.run(["javac", "-cp", f"{jars}/*", "-d", str(classes), *sources], check=True)
    command = ["java", "-cp", f"{classes}:{jars}/*", program, *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.splitlines()


async def create_topics(address: str) -> None:
    async with open_log(address) as log:
        for name in TOPICS:
            await log.create_topic(f"{PREFIX}-{name}")


async def captured(address: str, url: str, into: Path) -> dict[str, str]:
    """Value and decoded value of each record that was read."""
    async with await wb.connect(address, schema_registry=url) as cluster:
        with await cluster.capture(f"{PREFIX}-*", start="start", into=into, progress=False) as snap:
            rows = snap.sql("select hex(value) as value, payload from events where format in ('avro', 'protobuf')")
            return dict(zip(rows["value"].str.lower(), rows["payload"], strict=True))


def without_defaults(value: object) -> object:
    """Java leaves out the defaults of Protobuf."""
    if isinstance(value, dict):
        return {name: without_defaults(one) for name, one in value.items() if one not in (0, "", [], False)}
    return [without_defaults(one) for one in value] if isinstance(value, list) else value


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        broker, apicurio = kafka.up(port=0, data=folder / "kafka"), registry.up(port=0, data=folder / "registry")
        try:
            address = f"kafka://{broker.bootstrap}"
            asyncio.run(create_topics(address))
            native = apicurio.url.replace("/apis/ccompat/v7", "/apis/registry/v3")
            lines = run(folder, "apicurio", "ApicurioRecords", broker.bootstrap, native, PREFIX)
            lines += run(folder, "glue", "GlueRecords", broker.bootstrap, PREFIX)
            for one in map(json.loads, lines):
                file = "order.avsc" if one["schema"].startswith("{") else "shop.proto"
                (folder / file).write_text(one["schema"])
            (folder / "workbench.toml").write_text(SETTINGS)
            os.chdir(folder)
            read = asyncio.run(captured(address, apicurio.url, folder / "captured.duckdb"))
        finally:
            kafka.down(port=broker.port)
            registry.down(port=apicurio.port)
    records = [json.loads(line) for line in lines]
    for one in records:
        assert without_defaults(json.loads(read[one["value"]])) == without_defaults(one["read_back"]), one
    print(f"{len(records)} records were read as Java reads them")  # noqa: T201 - read by a person
    texts = list(dict.fromkeys(one["schema"] for one in records))
    kinds = ["AVRO" if text.startswith("{") else "PROTOBUF" for text in texts]
    rows = [{**one, "schema": texts.index(one["schema"])} for one in records]
    parts = [[{"type": kind, "text": text} for kind, text in zip(kinds, texts, strict=True)], rows]
    schemas, listed = (",\n".join(f" {json.dumps(one, ensure_ascii=False)}" for one in part) for part in parts)
    GOLDEN.write_text(f'{{"schemas": [\n{schemas}\n],\n"records": [\n{listed}\n]}}\n')


if __name__ == "__main__":
    main()
