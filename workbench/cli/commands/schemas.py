"""``workbench schemas``: lists, shows, compares and registers schemas of a registry."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.cli.options import Json, Reason
from workbench.cli.output import print_json, print_rows, print_text, say
from workbench.cli.running import run
from workbench.errors import ConfigurationError
from workbench.text import visible

_SUBJECTS = ("subject", "version", "schema_id", "type", "name")
_VERSIONS = ("version", "schema_id", "type", "name", "characters", "references")

Named = Annotated[
    str | None,
    typer.Option(
        "--schema-registry",
        "-r",
        help="URL of the registry, or a profile that has one; by default WORKBENCH_SCHEMA_REGISTRY_URL.",
    ),
]
Subject = Annotated[str, typer.Argument(help="Name of the subject, such as orders-value.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Ask a schema registry: list, get, diff; or register a schema.")
    group.command("list")(list_them)
    group.command("get")(get)
    group.command("diff")(diff)
    group.command("register")(register_it)
    app.add_typer(group, name="schemas")


def list_them(
    subject: Annotated[str | None, typer.Argument(help="List the versions of this subject instead.")] = None,
    prefix: Annotated[str, typer.Option("--prefix", help="Only subjects that begin so.")] = "",
    named: Named = None,
    as_json: Json = False,
) -> None:
    """List the subjects with their latest version, or the versions of one."""
    from workbench.session.procedures.schemas import list_subjects, list_versions

    if subject is not None:
        print_rows(run(list_versions(named, subject)), _VERSIONS, as_json=as_json)
    else:
        rows = run(list_subjects(named, prefix))
        print_rows(rows, _SUBJECTS, as_json=as_json, empty="There is no subject.")


def get(
    subject: Subject,
    version: Annotated[str, typer.Argument(help="Number of the version, or latest.")] = "latest",
    named: Named = None,
    as_json: Json = False,
) -> None:
    """Print the text of a schema, as the registry holds it."""
    from workbench.session.procedures.schemas import get_schema

    found = run(get_schema(named, subject, version))
    schema = found.schema
    if as_json:
        references = [{"name": one.name, "subject": one.subject, "version": one.version} for one in schema.references]
        facts: dict[str, Any] = {"subject": found.subject, "version": found.version, "schema_id": schema.id}
        print_json({**facts, "type": schema.type, "references": references, "schema": schema.text})
        return
    say(f"{visible(found.subject, None)} version {found.version}, id {schema.id}, {schema.type}")
    # In a terminal it is shown and not obeyed; a file or a pipe gets it as it is.
    print_text("\n".join(visible(line, None) for line in schema.text.splitlines()) if _terminal() else schema.text)


def diff(
    subject: Subject,
    first: Annotated[str, typer.Argument(help="Number of a version.")],
    second: Annotated[str, typer.Argument(help="Number of another version, or latest.")] = "latest",
    named: Named = None,
) -> None:
    """Print the lines that differ between two versions."""
    from workbench.session.procedures.schemas import diff_schemas

    print_text(run(diff_schemas(named, subject, first, second)).text)


def register_it(
    subject: Subject,
    file: Annotated[Path, typer.Argument(help="File with the schema: .avsc, .json or .proto.", dir_okay=False)],
    kind: Annotated[
        str | None, typer.Option("--type", "-t", help="AVRO, JSON or PROTOBUF; by default from the file's name.")
    ] = None,
    reference: Annotated[
        list[str] | None,
        typer.Option("--reference", help="A schema that it refers to, as name=subject:version; repeatable."),
    ] = None,
    context: Annotated[str | None, typer.Option("--context", help="Context of the registry, such as .staging.")] = None,
    target: Annotated[
        str | None, typer.Option("--target", help="The subject's name, typed; needed on a protected cluster.")
    ] = None,
    reason: Reason = None,
    named: Named = None,
) -> None:
    """Register a schema as the newest version of a subject, and print its id.

    Only the registry of a development cluster, or of this machine, takes it without --reason.
    """
    from workbench.session.procedures.schemas import register_schema

    text = file.read_text(encoding="utf-8")
    made = run(
        register_schema(
            named,
            subject,
            text,
            _type_of(file, kind),  # type: ignore[arg-type]  # what is no type is refused where all are
            [_reference(one) for one in reference or []],
            reason=reason,
            context=context,
            target=target,
        )
    )
    print_text(str(made))


def _type_of(file: Path, kind: str | None) -> str:
    if kind is not None:
        return kind.upper()
    found = {".avsc": "AVRO", ".json": "JSON", ".proto": "PROTOBUF"}.get(file.suffix.lower())
    if found is None:
        raise ConfigurationError(f"The type of {file} cannot be told from its name; give it with --type.")
    return found


def _reference(text: str) -> Any:
    from workbench.model.schemas import SchemaReference

    name, equals, place = text.partition("=")
    subject, colon, version = place.rpartition(":")
    if not (name and equals and subject and colon and version.isdecimal()):
        raise ConfigurationError(f"--reference {text!r} is not written as name=subject:version.")
    return SchemaReference(name, subject, int(version))


def _terminal() -> bool:
    return sys.stdout.isatty()
