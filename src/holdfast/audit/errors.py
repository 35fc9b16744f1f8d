"""What can be wrong with a log, a checkpoint or a proof, each with its stable code."""

from typing import ClassVar

from holdfast.errors import HoldfastError


class AuditError(HoldfastError):
    """Base of the audit log's errors."""

    code: ClassVar[str] = "audit.invalid"


class InclusionProofInvalid(AuditError):
    """The proof does not lead from this entry to this root."""

    code = "audit.inclusion_proof_invalid"


class ConsistencyProofInvalid(AuditError):
    """The newer tree is not shown to hold all of the older one, unchanged and first."""

    code = "audit.consistency_proof_invalid"


class NoteMalformed(AuditError):
    """Not a signed note or a checkpoint, or larger than any honest one."""

    code = "audit.note_malformed"
    exit_status = 2


class CheckpointForged(AuditError):
    """No signature of the pinned log key, a false one, or a checkpoint of another log."""

    code = "audit.checkpoint_forged"


class CosignatureInvalid(AuditError):
    """The cosigner's line is absent, or does not verify under its pinned key."""

    code = "audit.cosignature_invalid"


class KeyMalformed(AuditError):
    """Not a raw Ed25519 public key of 32 bytes, or not a log's key file."""

    code = "audit.key_malformed"
    exit_status = 2


class KeyFileUnsafe(AuditError):
    """The key file is not a regular file of ours that only we can read."""

    code = "audit.key_file_unsafe"
    exit_status = 2


class KeyFileExists(AuditError):
    """A key file is never overwritten: the log would lose the name its checkpoints are known by."""

    code = "audit.key_file_exists"


class EventUnknown(AuditError):
    """An event of a domain or version that this release does not know; never skipped silently."""

    code = "audit.event_unknown"
    exit_status = 2


class EventMalformed(AuditError):
    """An event too large to log, or at no time."""

    code = "audit.event_malformed"
    exit_status = 2


class EntryUnknown(AuditError):
    """An index or size beyond the log."""

    code = "audit.entry_unknown"
    exit_status = 2


class CheckpointUnknown(AuditError):
    """No checkpoint of that size is stored."""

    code = "audit.checkpoint_unknown"
    exit_status = 2


class LogBroken(AuditError):
    """The stored log contradicts itself or a checkpoint that it signed; the message names the first bad place."""

    code = "audit.log_broken"


class ExportMalformed(AuditError):
    """The file is not an audit export of a version that this release reads."""

    code = "audit.export_malformed"
    exit_status = 2


class ExportTruncated(AuditError):
    """The file ends before the checkpoint that closes it, or inside a line."""

    code = "audit.export_truncated"


class EntryMissing(AuditError):
    """An entry is skipped."""

    code = "audit.entry_missing"


class EntryOutOfOrder(AuditError):
    """An entry or a checkpoint comes again, or after one that should follow it."""

    code = "audit.entry_out_of_order"


class EntriesAltered(AuditError):
    """The entries hash to another root than the signed checkpoint after them states."""

    code = "audit.entries_altered"


class CosignaturesTooFew(AuditError):
    """Fewer of the named cosigners signed the last checkpoint than were asked for."""

    code = "audit.cosignatures_too_few"
