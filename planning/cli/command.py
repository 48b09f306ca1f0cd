"""The command and its parts: folders, measuring, papers."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Sequence
from typing import Any, cast

import typer
from typer import rich_utils
from typer.core import TyperGroup

from layers.texts import say
from planning.cli import consolidating, county, frontiers, keeping, measuring, papers, travelling
from planning.cli.showing import language, print_error

UsageError = cast("type[Exception]", typer.BadParameter.__base__)
rich_utils.ARGUMENTS_PANEL_TITLE = "参数 / Arguments"
rich_utils.OPTIONS_PANEL_TITLE = "选项 / Options"
rich_utils.COMMANDS_PANEL_TITLE = "命令 / Commands"


class Commands(TyperGroup):
    """The commands; a wrong option or argument is one sentence in the planner's language and exit code 2."""

    def main(self, args: Sequence[str] | None = None, **extra: Any) -> Any:  # type: ignore[override]  # noqa: ANN401 - as its parent
        """Run a command line and leave with its exit code."""
        standalone = extra.pop("standalone_mode", True)
        if not standalone:
            return super().main(args, standalone_mode=False, **extra)
        try:
            left = super().main(args, standalone_mode=False, **extra)
        except UsageError as error:
            print_error(_sentence(error, list(sys.argv[1:] if args is None else args)))
            sys.exit(2)
        sys.exit(left if isinstance(left, int) else 0)


def _sentence(error: Any, words: list[str]) -> str:  # noqa: ANN401 - typer has no public name for what a command line may get wrong
    """Return what is wrong with a command line, and where its usage stands."""
    told = words[words.index("--lang") + 1 :][:1] if "--lang" in words else [os.environ.get("BUJU_LANG", "zh")]
    lang = language(told[0] if told else "zh")
    if type(error).__name__ == "NoArgsIsHelpError":
        return str(error.format_message())
    kind = {"MissingParameter": "missing", "NoSuchOption": "no_option", "BadParameter": "bad_value"}.get(type(error).__name__, "other")
    param = getattr(error, "param", None)
    named = [getattr(error, "option_name", None), getattr(error, "param_hint", None), getattr(param, "metavar", None), *getattr(param, "opts", ())]
    name = next((text for text in named if text), "")
    command = "" if error.ctx is None else error.ctx.command_path
    number = kind == "bad_value" and error.message.startswith("Input should")
    why = say("cli.usage.number", lang) if number else error.message
    return say(f"cli.usage.{kind}", lang, name=name, why=why) + say("cli.usage.help", lang, command=command or "buju")


app = typer.Typer(
    name="buju",
    cls=Commands,
    help="布局：县域民政设施规划布局 / Buju: layout planning of civil-affairs facilities",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for module in (county, measuring, frontiers, consolidating, travelling, papers, keeping):
    module.add_commands(app)


def main() -> None:
    """Run the command; a letter that the terminal's encoding lacks is shown as a question mark instead of ending the answer."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            with contextlib.suppress(ValueError, OSError):
                stream.reconfigure(errors="replace")
    app()
