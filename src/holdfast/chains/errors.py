"""What can go wrong between Holdfast and a chain, each fault with its stable code."""

from typing import ClassVar

from holdfast.errors import HoldfastError


class ChainError(HoldfastError):
    """Base of every refusal and fault of this domain."""

    code: ClassVar[str] = "chains.fault"


class ChainUnavailable(ChainError):
    """The node did not answer, or answered with something that is not its protocol."""

    code = "chains.unavailable"
    exit_status = 3


class ChainOfOtherNetwork(ChainError):
    """The node follows another network than the one it was configured for."""

    code = "chains.of_other_network"
    exit_status = 2


class BlockUnknown(ChainError):
    """The node has no block of this hash."""

    code = "chains.block_unknown"


class BlockMalformed(ChainError):
    """Bytes that are not the block that was asked for: they do not hash to it."""

    code = "chains.block_malformed"
    exit_status = 3


class ReorganisationTooDeep(ChainError):
    """The chain left every block that was remembered: a person must look before anything is credited."""

    code = "chains.reorganisation_too_deep"


class BroadcastRefused(ChainError):
    """The node will not relay the transaction; :attr:`reason` is the node's own word for why."""

    code = "chains.broadcast_refused"

    def __init__(self, reason: str) -> None:
        super().__init__(f"the node refused the transaction: {reason}")
        self.reason = reason


class AddressMalformed(ChainError):
    """Text that is no address of any network."""

    code = "chains.address_malformed"
    exit_status = 2


class AddressOfOtherNetwork(ChainError):
    """A good address, of a network other than the expected one."""

    code = "chains.address_of_other_network"
    exit_status = 2


class ScriptWithoutAddress(ChainError):
    """A script that no address stands for."""

    code = "chains.script_without_address"
    exit_status = 2


class NetworkUnknown(ChainError):
    """The name of no known network."""

    code = "chains.network_unknown"
    exit_status = 2


class TransactionMalformed(ChainError):
    """Bytes that are not exactly one transaction."""

    code = "chains.transaction_malformed"
    exit_status = 2


class PreviousTransactionMismatch(ChainError):
    """A previous transaction is missing, or is not the one that an input names."""

    code = "chains.previous_transaction_mismatch"


class SpendInvalid(ChainError):
    """A well-formed transaction that is not to be signed, or whose signatures do not hold."""

    code = "chains.spend_invalid"


class FundsInsufficient(ChainError):
    """The coins do not cover the payments and the fee."""

    code = "chains.funds_insufficient"


class FeeAboveMaximum(ChainError):
    """The payments cannot be made at this rate within the maximum fee."""

    code = "chains.fee_above_maximum"


class PaymentBelowDust(ChainError):
    """A payment so small that nodes would not relay it."""

    code = "chains.payment_below_dust"
    exit_status = 2


class RequiredCoinMissing(ChainError):
    """The coin that the transaction must spend (its conflict key) is not among the coins."""

    code = "chains.required_coin_missing"


class CoinRepeated(ChainError):
    """One coin was offered twice."""

    code = "chains.coin_repeated"
    exit_status = 2


class TransactionTooLarge(ChainError):
    """More inputs and outputs than nodes relay in one transaction."""

    code = "chains.transaction_too_large"


class FeeBumpTooSmall(ChainError):
    """A replacement must pay a higher rate than what it replaces."""

    code = "chains.fee_bump_too_small"


class ChainEndpointInvalid(ChainError):
    """A node's address that is not to be used, or credentials that do not fit together."""

    code = "chains.endpoint_invalid"
    exit_status = 2
