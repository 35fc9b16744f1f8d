"""Faults of the embedded node itself; what it says about transactions are errors of ``holdfast.chains``."""

from typing import ClassVar

from holdfast.demo.errors import DemoError


class NodeError(DemoError):
    """Base of the embedded node's errors."""

    code: ClassVar[str] = "bitcoin_node.fault"


class NodeDirectoryInUse(NodeError):
    """Another process runs a node on this directory."""

    code = "bitcoin_node.directory_in_use"


class JournalCorrupt(NodeError):
    """The node's journal is damaged before its end, or is not a journal."""

    code = "bitcoin_node.journal_corrupt"


class BlockRejected(NodeError):
    """Bitcoin's consensus rules refuse the block."""

    code = "bitcoin_node.block_rejected"
    exit_status = 1


class NodeFundsInsufficient(NodeError):
    """The node's own coins, even after mining more, do not cover the amount."""

    code = "bitcoin_node.funds_insufficient"
    exit_status = 1
