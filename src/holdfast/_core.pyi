"""The Rust core. Use it through ``holdfast.chains.bitcoin``, ``holdfast.keys``, ``holdfast.authority`` and
``holdfast.reserves``, which document it for people.

Every exception derives from :class:`holdfast.errors.HoldfastError` and carries a stable ``code``. Arguments of a
wrong type raise ``TypeError``; integers that their field cannot hold raise :class:`NumberOutOfRange`.
"""

from typing import ClassVar, Never, Self, final

from holdfast.errors import HoldfastError

__all__ = [
    "AddressMalformed",
    "AddressOfOtherNetwork",
    "CheaterFound",
    "CheckedSpend",
    "CoreError",
    "DerivationInvalid",
    "DkgRound1Secret",
    "DkgRound2Secret",
    "EpochMalformed",
    "EventMalformed",
    "GroupKey",
    "KeyShare",
    "KeysError",
    "MessageMalformed",
    "NetworkUnknown",
    "NonceAlreadyUsed",
    "NumberOutOfRange",
    "ParametersInvalid",
    "PreviousTransactionMismatch",
    "ProofInvalid",
    "RiskStates",
    "ScriptWithoutAddress",
    "SealBroken",
    "SecretAlreadyConsumed",
    "SignatureInvalid",
    "SigningNonces",
    "SolvencyError",
    "SpendInvalid",
    "SumOverflow",
    "SumTree",
    "TooFewSigners",
    "Transaction",
    "TransactionInput",
    "TransactionMalformed",
    "TransactionOutput",
    "TranscriptMismatch",
    "address_script",
    "aggregate",
    "build_transaction",
    "check_commitments",
    "check_spend",
    "commit",
    "customer_salt",
    "derive_output_key",
    "dkg_begin",
    "dkg_exchange",
    "dkg_finish",
    "dust_limit",
    "estimated_vsize",
    "holdings_digest",
    "ownership_message",
    "parse_transaction",
    "plant_tree",
    "risk_parameters",
    "risk_state_bytes",
    "script_address",
    "script_hash_script",
    "sign",
    "super_root",
    "verify",
    "verify_balance",
    "verify_key_spends",
    "with_key_spend_witnesses",
]

# Faults

class CoreError(HoldfastError):
    """Base of every error of the Rust core (``core.fault``)."""

    code: ClassVar[str]
    exit_status: ClassVar[int]

class NumberOutOfRange(CoreError):
    """An integer that its field cannot hold (``core.number_out_of_range``)."""

class TransactionMalformed(CoreError):
    """Not one well-formed transaction within the size limits (``transaction.malformed``)."""

class PreviousTransactionMismatch(CoreError):
    """A previous transaction is not the one that its input spends (``transaction.previous_mismatch``)."""

class SpendInvalid(CoreError):
    """Well formed, but not to be signed, or not validly signed (``transaction.spend_invalid``)."""

class AddressMalformed(CoreError):
    """Not an address, or one whose coins would be lost (``address.malformed``)."""

class AddressOfOtherNetwork(CoreError):
    """A good address of another network (``address.other_network``)."""

class ScriptWithoutAddress(CoreError):
    """No address stands for this script (``address.no_address``)."""

class NetworkUnknown(CoreError):
    """The name of no known network (``address.network_unknown``)."""

class KeysError(CoreError):
    """Base of every error about shares, signatures and their keeping (``keys.fault``)."""

class ParametersInvalid(KeysError):
    """Numbers of signers, identifiers or lengths that no ceremony has (``keys.parameters_invalid``)."""

class MessageMalformed(KeysError):
    """Bytes that are not the object they should be, and nobody to blame (``keys.message_malformed``)."""

class CheaterFound(KeysError):
    """Signers whose messages prove them wrong (``keys.cheater_found``): their identifiers, ascending."""

    culprits: list[int]

class TooFewSigners(KeysError):
    """Fewer signers than the threshold (``keys.too_few_signers``)."""

class TranscriptMismatch(KeysError):
    """Messages that contradict what this signer itself said or saw before (``keys.transcript_mismatch``)."""

class SignatureInvalid(KeysError):
    """A signature that is not valid (``keys.signature_invalid``)."""

class DerivationInvalid(KeysError):
    """A path that cannot be derived from a public key (``keys.derivation_invalid``)."""

class SealBroken(KeysError):
    """A sealed share that was altered, or that another data key or context sealed (``keys.seal_broken``)."""

class NonceAlreadyUsed(KeysError):
    """Nonces serve one signature; a second would reveal the share (``keys.nonce_already_used``)."""

class SecretAlreadyConsumed(KeysError):
    """The secret of a round serves one step (``keys.secret_already_consumed``)."""

class SolvencyError(CoreError):
    """Base of every error about trees of balances and proofs in them (``reserves.core_fault``)."""

class EpochMalformed(SolvencyError):
    """Values that no tree, epoch or proof of this version has (``reserves.epoch_malformed``)."""

class SumOverflow(SolvencyError):
    """Balances whose sum does not fit 128 bits (``reserves.sum_overflow``)."""

class ProofInvalid(SolvencyError):
    """A proof that does not lead to what the epoch publishes (``reserves.proof_invalid``)."""

class EventMalformed(CoreError):
    """Bytes that are no whole number of events, or no engine's secret (``risk.event_malformed``)."""

# Transactions

@final
class TransactionInput:
    """One input: ``txid`` as people read it (64 hexadecimal digits, byte-reversed), ``vout``, ``sequence``."""

    @property
    def txid(self) -> str: ...
    @property
    def vout(self) -> int: ...
    @property
    def sequence(self) -> int: ...
    def __hash__(self) -> int: ...

@final
class TransactionOutput:
    """One output: ``value`` in satoshi and the scriptPubKey."""

    @property
    def value(self) -> int: ...
    @property
    def script(self) -> bytes: ...
    def __hash__(self) -> int: ...

@final
class Transaction:
    """One parsed transaction. ``weight`` is in weight units, ``vsize`` in vbytes (BIP-141)."""

    @property
    def txid(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def lock_time(self) -> int: ...
    @property
    def inputs(self) -> list[TransactionInput]: ...
    @property
    def outputs(self) -> list[TransactionOutput]: ...
    @property
    def weight(self) -> int: ...
    @property
    def vsize(self) -> int: ...
    @property
    def has_witness(self) -> bool: ...
    def __hash__(self) -> int: ...

@final
class CheckedSpend:
    """An unsigned transaction whose every input is a proven taproot output.

    ``spent`` are the outputs it spends, in the order of its inputs, as their own transactions state them; ``fee``
    is in satoshi; ``taproot_sighashes`` holds one 32-byte hash to sign for each input (BIP-341, key path,
    ``SIGHASH_DEFAULT``, no annex).
    """

    @property
    def transaction(self) -> Transaction: ...
    @property
    def spent(self) -> list[TransactionOutput]: ...
    @property
    def fee(self) -> int: ...
    @property
    def taproot_sighashes(self) -> list[bytes]: ...

def parse_transaction(raw: bytes) -> Transaction:
    """Parse one transaction of at most 400,000 bytes, with or without witnesses.

    :raises TransactionMalformed: anything else: truncated, trailing bytes, no inputs, no outputs, a length not in
        its shortest form, or amounts beyond 21 million bitcoin.
    """

def check_spend(raw: bytes, previous: list[bytes]) -> CheckedSpend:
    """Check an unsigned transaction of at most 1,000 inputs against one full raw previous transaction per input.

    ``previous`` is in the order of the inputs; a transaction that several inputs spend is repeated.

    :raises TransactionMalformed: one of the transactions does not parse.
    :raises PreviousTransactionMismatch: a previous transaction's id is not the one its input names, it has no such
        output, or there is not one for each input.
    :raises SpendInvalid: already signed, an output spent twice, more spent than there is, too many inputs, or an
        input that is not a taproot output.
    """

def build_transaction(inputs: list[tuple[str, int, int]], outputs: list[tuple[int, bytes]], lock_time: int) -> bytes:
    """The raw unsigned version-2 transaction of inputs ``(txid, vout, sequence)`` and outputs ``(satoshi, script)``.

    :raises TransactionMalformed: a bad transaction id, none or too many of either, or one outpoint twice.
    :raises NumberOutOfRange: an index, sequence, lock time (32 bits) or value (64 bits) that does not fit.
    """

def with_key_spend_witnesses(raw: bytes, signatures: list[bytes]) -> bytes:
    """The transaction with one 64-byte signature in each input's witness. It does not verify them.

    :raises TransactionMalformed: the transaction does not parse.
    :raises SpendInvalid: already signed, or not one signature of 64 bytes for each input.
    """

def estimated_vsize(input_count: int, output_scripts: list[bytes]) -> int:
    """The exact size in vbytes of a signed transaction of ``input_count`` taproot key spends.

    :raises TransactionMalformed: no or too many inputs, or more than 400,000 bytes.
    """

def verify_key_spends(raw: bytes, spent: list[tuple[int, bytes]]) -> None:
    """Verify every input as a taproot key spend, under ``SIGHASH_DEFAULT``, of its output ``(satoshi, script)``.

    :raises TransactionMalformed: the transaction does not parse.
    :raises SpendInvalid: an input is anything but that; the message names it.
    """

# Addresses

def address_script(address: str, network: str) -> bytes:
    """The scriptPubKey of a P2PKH, P2SH, P2WPKH, P2WSH or P2TR address of ``main|testnet|signet|regtest``.

    :raises AddressMalformed: not an address, or one whose coins would be lost or anyone's: an unknown witness
        version, or a taproot key that is not on the curve.
    :raises AddressOfOtherNetwork: a good address of another network.
    :raises NetworkUnknown: no such network.
    """

def script_address(script: bytes, network: str) -> str:
    """The address that stands for a scriptPubKey.

    :raises ScriptWithoutAddress: none does.
    :raises NetworkUnknown: no such network.
    """

def script_hash_script(redeem: bytes) -> bytes:
    """The P2SH scriptPubKey (BIP-16) of a redeem script."""

def dust_limit(script: bytes) -> int:
    """The least value in satoshi that Bitcoin Core relays to this script at its default dust fee (3 sat/vB)."""

# Keys: documented in full by ``holdfast.keys``, which is what to import

@final
class GroupKey:
    """The public side of a shared key.

    ``verifying_key`` is the compressed group key, 33 bytes; ``verifying_shares`` maps each signer's identifier to
    its compressed public share; ``chain_code`` is SHA-256 of ``holdfast/chain-code/v1`` and the group key.
    """

    @property
    def threshold(self) -> int: ...
    @property
    def verifying_key(self) -> bytes: ...
    @property
    def verifying_shares(self) -> dict[int, bytes]: ...
    @property
    def chain_code(self) -> bytes: ...
    @staticmethod
    def decoded(encoded: bytes) -> GroupKey:
        """Read the canonical bytes.

        :raises MessageMalformed: anything else; also shares that do not lie on one polynomial of degree
            ``threshold - 1`` whose value at 0 is the group key.
        """

    def encoded(self) -> bytes:
        """The canonical bytes: one group key, one encoding."""

    def output_key(self, path: list[int]) -> bytes:
        """The x-only taproot output key, 32 bytes: BIP-86 of the BIP-32 child; at ``[]``, the group key itself.

        :raises DerivationInvalid: more than five steps, or a hardened one.
        """

    def extended_public_key(self, network: str) -> str:
        """The group key as a BIP-32 root (``xpub`` or ``tpub``): ``tr(<it>/...)`` gives the same addresses.

        :raises NetworkUnknown: not ``main``, ``testnet``, ``signet`` or ``regtest``.
        """

    def __hash__(self) -> int: ...

def derive_output_key(verifying_key: bytes, path: list[int]) -> bytes:
    """What :meth:`GroupKey.output_key` gives, from the compressed group key alone.

    :raises ParametersInvalid, MessageMalformed: not 33 bytes, or no point.
    :raises DerivationInvalid: more than five steps, or a hardened one.
    """

@final
class KeyShare:
    """One signer's secret share: an opaque handle that cannot be printed, copied or pickled."""

    @property
    def identifier(self) -> int: ...
    @property
    def group_key(self) -> GroupKey: ...
    def seal(self, data_key: bytes | bytearray, context: bytes) -> bytes:
        """The share encrypted with XChaCha20-Poly1305 under a 32-byte data key and bound to ``context``.

        :raises ParametersInvalid: a key that has not 32 bytes, or a context of more than 1,024.
        """

    @staticmethod
    def unseal(sealed: bytes, data_key: bytes | bytearray, context: bytes) -> KeyShare:
        """The share of what :meth:`seal` gave.

        :raises SealBroken: one bit of the sealed bytes, the key or the context differs.
        :raises ParametersInvalid: a key that has not 32 bytes, or a context of more than 1,024.
        """

    def __copy__(self) -> Never: ...
    def __deepcopy__(self, _memo: object, /) -> Never: ...

@final
class DkgRound1Secret:
    """The secret between :func:`dkg_begin` and :func:`dkg_exchange`: opaque, used once."""

    def __copy__(self) -> Never: ...
    def __deepcopy__(self, _memo: object, /) -> Never: ...

@final
class DkgRound2Secret:
    """The secret between :func:`dkg_exchange` and :func:`dkg_finish`: opaque, used once."""

    def __copy__(self) -> Never: ...
    def __deepcopy__(self, _memo: object, /) -> Never: ...

@final
class SigningNonces:
    """One signer's secret nonces for one signature: opaque, used once."""

    def __copy__(self) -> Never: ...
    def __deepcopy__(self, _memo: object, /) -> Never: ...

def dkg_begin(identifier: int, signers: int, threshold: int) -> tuple[DkgRound1Secret, bytes]:
    """Start a key generation: the secret of round 1, and the public message for all others."""

def dkg_exchange(secret: DkgRound1Secret, round1: dict[int, bytes]) -> tuple[DkgRound2Secret, dict[int, bytes]]:
    """Check every other signer's public message; one secret message for each of them."""

def dkg_finish(
    secret: DkgRound2Secret, round1: dict[int, bytes], round2: dict[int, bytes]
) -> tuple[KeyShare, GroupKey]:
    """Check every secret message; this signer's share and the group key."""

def commit(share: KeyShare) -> tuple[SigningNonces, bytes]:
    """Round 1 of signing: fresh nonces, and the commitments to send."""

def check_commitments(commitments: bytes) -> None:
    """Check that bytes are somebody's commitments, before others are asked to sign with them.

    :raises MessageMalformed: they are not.
    """

def sign(
    share: KeyShare, nonces: SigningNonces, message: bytes, commitments: dict[int, bytes], path: list[int]
) -> bytes:
    """Round 2 of signing: this signer's share of the signature."""

def aggregate(
    group_key: GroupKey, message: bytes, commitments: dict[int, bytes], shares: dict[int, bytes], path: list[int]
) -> bytes:
    """Join signature shares into one verified 64-byte signature."""

def verify(output_key: bytes, message: bytes, signature: bytes) -> None:
    """Verify a BIP-340 signature."""

# Trees of balances: the format is ``docs/reference/reserves-format.md``. An epoch is ``(venue, number)``.

@final
class SumTree:
    """The planted tree of one asset: its ``root`` (32 bytes), its ``total`` in base units, its number of ``leaves``.

    ``fragments`` holds, for each holder in order, index and value of every fragment of the balance in order.
    """

    @property
    def root(self) -> bytes: ...
    @property
    def total(self) -> int: ...
    @property
    def leaves(self) -> int: ...
    @property
    def fragments(self) -> list[list[tuple[int, int]]]: ...
    def node_bytes(self) -> bytes:
        """Every node, leaves first and the root last: 32 bytes of hash and 16 of value (big-endian) each."""

def plant_tree(
    epoch: tuple[str, int], asset: str, secret: bytes, holders: list[tuple[str, bool, bytes, int]]
) -> SumTree:
    """Plant the tree of one asset; the same again from the same secret.

    :param holders: customer, whether their page chose the nonce, the nonce (16 bytes), the balance in base units;
        once each, in ascending order of their UTF-8.
    :raises EpochMalformed: another order, or another length of a text, a nonce or the secret (32 bytes).
    :raises SumOverflow: the balances do not fit 128 bits.
    """

def customer_salt(secret: bytes, customer: str) -> bytes:
    """The house's part, 32 bytes, of a customer's key in the epoch with this secret."""

def verify_balance(
    epoch: tuple[str, int],
    tree: tuple[str, bytes, int, int],
    claim: tuple[str, bool, bytes, bytes],
    fragments: list[tuple[int, int, list[tuple[bytes, int]]]],
) -> int:
    """Verify that every fragment is in the tree; the balance that they add up to.

    :param tree: asset, root, total, leaves.
    :param claim: customer, whether their page chose the nonce, the nonce, the salt.
    :param fragments: leaf's index, value, and (hash, value) of every sibling, lowest first.
    :raises ProofInvalid: one does not lead to the root, or stands twice.
    :raises EpochMalformed: lengths or numbers that no epoch has.
    :raises SumOverflow: values beyond 128 bits.
    """

def holdings_digest(
    vaults: list[tuple[str, str, bytes, list[tuple[bytes, int, int, tuple[int, int]]]]],
) -> bytes:
    """The digest of the coins that an epoch counts.

    :param vaults: name, asset, group key (33 bytes), and for each coin the txid's bytes, the output's index, the
        value, chain and position.
    :raises EpochMalformed: another length of a text, key or txid.
    """

def super_root(
    epoch: tuple[str, int],
    at_s: int,
    previous: bytes,
    block: tuple[str, int, bytes],
    holdings: bytes,
    assets: list[tuple[str, int, bytes, int, int]],
) -> bytes:
    """The hash that binds everything an epoch publishes.

    :param block: network, height, hash.
    :param assets: asset, decimals, root, total, leaves; in ascending order.
    :raises EpochMalformed: another order, or another length of a text or hash.
    """

def ownership_message(epoch: tuple[str, int], super_root: bytes, block_hash: bytes) -> bytes:
    """What the signers of a vault sign, 32 bytes.

    :raises EpochMalformed: another length of a hash.
    """

# The risk engine's states: the layout of events is ``docs/reference/risk-events.md``.

@final
class RiskStates:
    """All states of the risk engine, bounded: for so many accounts, and what those bring with them.

    :param secret: 16 random bytes that keep entities' keys from meeting.
    :param shards: how many parts they are in, each of which a thread works on; it changes no result.
    :raises EventMalformed: a secret of another length.
    """

    def __new__(cls, secret: bytes, accounts: int, shards: int) -> Self: ...
    def take(self, events: bytes, latest_us: int) -> tuple[bytes, list[tuple[int, str]]]:
        """Take packed events of 231 bytes in, in their order; all of them, but for those that are refused.

        Returns a packed row of little-endian 32-bit floats for each event, in the order of :func:`risk_parameters`, and
        number and code of each event that was refused, whose row is of zeros.

        :param latest_us: the latest moment that an event can be of, in microseconds since 1970.
        :raises EventMalformed: not a whole number of events.
        """

    def held(self) -> tuple[int, int, int]:
        """How many accounts and other entities there are, and how many had to give way to others."""

def risk_parameters() -> list[tuple[str, str, str, str, int, str, str, str]]:
    """Every parameter of a row in its order.

    Each is (identifier, meaning, entity, window in words, half-life in seconds or 0, unit, value where nothing is
    known, who could game it).
    """

def risk_state_bytes(accounts: int) -> int:
    """The most bytes that the states of so many accounts take."""
