"""``holdfast serve``: the control plane at work, and its console page."""
# ruff: noqa: PLC0415 -- commands import what they work with when they run

from typing import Annotated

import typer

from holdfast.cli.options import Home, Json
from holdfast.cli.output import print_note

LOOPBACK = "127.0.0.1"

DEFAULT_PORT = 8410

Host = Annotated[str, typer.Option(metavar="ADDRESS", help="Where to listen. The page has no TLS of its own.")]
Origin = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Where people find the page, such as https://console.example; by default this machine's localhost.",
        show_default=False,
    ),
]
Port = Annotated[int, typer.Option(metavar="PORT", min=0, max=65535, help="The port of the page; 0 takes a free one.")]


def serve(
    home: Home = None,
    host: Host = LOOPBACK,
    port: Port = DEFAULT_PORT,
    origin: Origin = None,
    as_json: Json = False,
) -> None:
    """Run the control plane, and serve its page.

    It follows the chain, goes on with stalled payouts, ends what has expired and has the log cosigned.
    Logs are JSON Lines on stderr.
    """
    from holdfast.cli.console import console_origin, listening, serve_console
    from holdfast.cli.homes import control_home, durable_url, opened_plane
    from holdfast.cli.logs import configure_logs
    from holdfast.cli.process import announce, ended_by_sigterm, sole_process
    from holdfast.cli.upkeep import Upkeep, control_plane_jobs
    from holdfast.custody import launch, stop
    from holdfast.reserves import reserves_directory

    folder = control_home(home)
    with opened_plane(home) as plane, sole_process(folder), listening(host, port) as listener, ended_by_sigterm():
        configure_logs(json_lines=True)
        warn_if_exposed(host)
        launch(plane, durable_url(folder))
        try:
            # Again, for durable work brings its own handlers for its log.
            configure_logs(json_lines=True)
            with Upkeep(*control_plane_jobs(plane)):
                serve_console(
                    plane,
                    listener,
                    origin.rstrip("/") if origin else console_origin(listener, host),
                    lambda address: announce(address, as_json=as_json),
                    host=host,
                    reserves=reserves_directory(folder),
                )
        finally:
            stop()


def warn_if_exposed(host: str) -> None:
    """Say what it means to listen beyond this machine."""
    if host not in (LOOPBACK, "::1", "localhost"):
        print_note(f"warning: whoever is on the way to {host} can read and alter the page; it has no TLS of its own")
