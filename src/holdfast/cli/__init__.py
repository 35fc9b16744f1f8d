"""The command line: what people and scripts ask of Holdfast, one file a group of commands.

Commands import what they work with when they run, so that ``holdfast --help`` need not load a workflow engine, a
web framework and a database layer to print a page of text.
"""

from holdfast.cli.app import app, main

__all__ = ["app", "main"]
