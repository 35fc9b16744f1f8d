"""The options that many commands share."""

from pathlib import Path
from typing import Annotated

import typer

Home = Annotated[
    Path | None,
    typer.Option(
        "--home",
        envvar="HOLDFAST_HOME",
        metavar="DIR",
        help="The deployment's folder, or its control plane's.",
        show_default=False,
    ),
]

SignerFolder = Annotated[
    Path | None,
    typer.Option("--home", envvar="HOLDFAST_HOME", metavar="DIR", help="The signer's own folder.", show_default=False),
]

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]

Limit = Annotated[
    int, typer.Option("--limit", metavar="N", min=1, max=1000, help="The most that is listed, newest first.")
]
