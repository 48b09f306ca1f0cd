"""The command ``buju``: the workbench for people at a terminal, and for machines with ``--json``."""

from planning.cli.command import app, main

__all__ = ["app", "main"]
