"""The command and its parts: folders, measuring, papers."""

from __future__ import annotations

import typer

from planning.cli import county, measuring, papers

app = typer.Typer(
    name="buju",
    help="布局：县域民政设施规划布局 / Buju: layout planning of civil-affairs facilities",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for module in (county, measuring, papers):
    module.add_commands(app)


def main() -> None:
    """Run the command."""
    app()
