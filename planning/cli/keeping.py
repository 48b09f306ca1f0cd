"""Commands about what was saved: ``history``, ``restore``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from layers.history import Document, digest
from layers.texts import say
from planning import workbench
from planning.cli.showing import AsJson, Folder, Lang, answering, language, print_json, print_line, print_table

Name = Annotated[str | None, typer.Option("--file", help="county.toml 或情景方案名 / county.toml, or a scenario's name")]


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("history", help="列出 county.toml 和情景方案的历史版本 / list the versions of county.toml and the scenarios")(history)
    app.command("restore", help="恢复历史版本 / put an older version back")(restore)


@answering
def history(folder: Folder, file: Name = None, json: AsJson = False, lang: Lang = "zh") -> None:
    """List versions."""
    chosen = workbench.documents(folder) if file is None else {file: workbench.document(folder, file)}
    told = [{"document": name, **asdict(version)} for name, document in chosen.items() for version in document.versions()]
    outside = [name for name, document in chosen.items() if document.changed_outside]
    if json:
        print_json({"versions": told, "changed_outside": outside})
        return
    if not told:
        print_line(say("cli.history.none", language(lang)))
        return
    columns = ("document", "number", "when", "user", "host", "kind")
    rows = [{**line, "kind": say(f"saving.kind.{line['kind']}", language(lang))} for line in told]
    print_table(
        say("cli.history.title", language(lang)),
        [say(f"cli.history.{name}", language(lang)) for name in columns],
        [[str(row[name]) for name in columns] for row in rows],
    )
    for name in outside:
        print_line(say("saving.outside", language(lang), file=name))


Number = Annotated[int, typer.Argument(min=1, metavar="NUMBER")]


@answering
def restore(folder: Folder, name: Annotated[str, typer.Argument(metavar="FILE")], number: Number, json: AsJson = False, lang: Lang = "zh") -> None:
    """Put a version back."""
    document: Document = workbench.document(folder, name)
    standing = document.path.read_bytes() if document.path.exists() else None
    version = document.restore(number, known=None if standing is None else digest(standing))
    if json:
        print_json({"document": name, **asdict(version)})
    else:
        print_line(say("cli.history.restored", language(lang), name=name, number=number))
