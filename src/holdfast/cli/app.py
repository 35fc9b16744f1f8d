"""The command line as a whole: its groups of commands, and how each run ends."""

import io
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import typer

import holdfast
from holdfast.cli import audit, demo, freeze, ledger, policy, reserves, risk, roster, serve, signer, vault, withdrawal
from holdfast.cli.errors import InternalFault, RefusedWithDetails, UsageInvalid
from holdfast.cli.options import Json
from holdfast.cli.output import Document, print_document, print_lines, print_refusal
from holdfast.errors import HoldfastError

INTERRUPTED = 130
"""The exit status after Ctrl-C, as shells report it: 128 and the signal's number."""

app = typer.Typer(
    name="holdfast",
    help=holdfast.__doc__.splitlines()[0] if holdfast.__doc__ else None,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.add_typer(signer.app, name="signer")
app.add_typer(vault.app, name="vault")
app.add_typer(withdrawal.app, name="withdrawal")
app.add_typer(roster.app, name="roster")
app.add_typer(freeze.app, name="freeze")
app.add_typer(policy.app, name="policy")
app.add_typer(ledger.app, name="ledger")
app.add_typer(risk.app, name="risk")
app.add_typer(audit.app, name="audit")
app.add_typer(reserves.app, name="reserves")


@app.callback()
def prepare() -> None:
    """Keeps coins, decides when they may move, and proves what happened."""
    from holdfast.cli.logs import configure_logs  # noqa: PLC0415 -- not for --help

    configure_logs(json_lines=False)


@app.command("version")
def version(as_json: Json = False) -> None:
    """Print the version."""
    python = ".".join(map(str, sys.version_info[:3]))
    if as_json:
        print_document({"version": holdfast.__version__, "python": python})
    else:
        print_lines(f"holdfast {holdfast.__version__} (Python {python})")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status. Whatever happens, no traceback.

    :param arguments: the words after the program's name; without them, those of this process.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    # A stream that cannot spell a name must not turn what is true into a fault.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    as_json = "--json" in words
    try:
        with typer.main.get_command(app).make_context("holdfast", words) as context:
            context.command.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has left, as `head` does; what is still buffered goes nowhere (Python's own advice).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except HoldfastError as refusal:
        return _refused(refusal, as_json)
    except RefusedWithDetails as found:
        return _refused(found.refusal, as_json, found.details)
    except typer.TyperException as fault:
        return _refused(_usage(fault), as_json)
    # What is left is a fault of ours: its text and its frames may hold anything, so neither is shown.
    except Exception as fault:  # noqa: BLE001
        return _refused(InternalFault(f"internal fault: {type(fault).__name__} at {_place(fault)}"), as_json)
    return 0


def _usage(fault: typer.TyperException) -> UsageInvalid:
    context = getattr(fault, "ctx", None)
    command = context.command_path if context is not None else "holdfast"
    return UsageInvalid(f"{fault.format_message()} See {command} --help")


def _refused(refusal: HoldfastError, as_json: bool, details: Document | None = None) -> int:
    print_refusal(refusal, as_json=as_json, details=details)
    return refusal.exit_status


def _place(fault: BaseException) -> str:
    """Where in Holdfast a fault arose: a file's name and a line."""
    ours = Path(holdfast.__file__).parent
    frames = [frame for frame in traceback.extract_tb(fault.__traceback__) if Path(frame.filename).is_relative_to(ours)]
    return f"{Path(frames[-1].filename).relative_to(ours)}:{frames[-1].lineno}" if frames else "an unknown place"
