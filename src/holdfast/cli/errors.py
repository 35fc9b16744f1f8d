"""What can go wrong between a person's command and the part that it asks."""

from collections.abc import Mapping
from typing import Any, ClassVar

from holdfast.errors import HoldfastError


class CommandError(HoldfastError):
    """Base of the command line's own errors."""

    code: ClassVar[str] = "cli.refused"


class RefusedWithDetails(Exception):
    """A refusal together with what was found: the details are part of the ``--json`` document."""

    def __init__(self, refusal: HoldfastError, details: Mapping[str, Any]) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal
        self.details = details


class UsageInvalid(CommandError):
    """A command, option or argument that there is not, or that is missing."""

    code = "cli.usage"
    exit_status = 2


class HomeNotGiven(CommandError):
    """The command works on a deployment, and was not told which."""

    code = "cli.home_not_given"
    exit_status = 2


class DatabaseMissing(CommandError):
    """The control plane's folder is there, its database is not: it was never set up, or it is lost."""

    code = "cli.database_missing"
    exit_status = 3


class AlreadyServing(CommandError):
    """Another process serves this folder; two would take each other's work."""

    code = "cli.already_serving"


class AddressUnavailable(CommandError):
    """The port or socket to listen on is taken, not ours to open, or no address."""

    code = "cli.address_unavailable"
    exit_status = 3


class FileUnavailable(CommandError):
    """A file of the deployment cannot be read, or a file cannot be written."""

    code = "cli.file_unavailable"
    exit_status = 3


class FileUnreadable(CommandError):
    """A file that was named is not there, not ours to read, or no regular file."""

    code = "cli.file_unreadable"
    exit_status = 2


class FileExists(CommandError):
    """The file to write is there already; it is not overwritten."""

    code = "cli.file_exists"
    exit_status = 2


class FreezeUndetermined(CommandError):
    """Too few signers answer to tell whether a freeze is in force."""

    code = "freeze.undetermined"
    exit_status = 3


class InternalFault(CommandError):
    """A fault of the program's own. The line names its kind and place, and nothing of what it was working on."""

    code = "cli.internal_fault"
    exit_status = 3
