"""What the example exchange itself refuses; what custody and signers refuse keeps its own code."""

from holdfast.demo.errors import DemoError


class ExchangeError(DemoError):
    """Base of the example exchange's refusals."""

    code = "exchange.refused"
    exit_status = 1


class RequestMalformed(ExchangeError):
    """A request whose fields are not what the page sends."""

    code = "exchange.malformed"
    exit_status = 2


class NameInvalid(ExchangeError):
    """A name that no account can have."""

    code = "exchange.name_invalid"
    exit_status = 2


class NotSignedIn(ExchangeError):
    """No session, or one that has ended."""

    code = "exchange.not_signed_in"


class ChallengeSpent(ExchangeError):
    """The challenge was never given, has been answered before, or is too old."""

    code = "exchange.challenge_spent"


class OrderNotDrafted(ExchangeError):
    """The order was not made for this customer, has been signed before, or is too old."""

    code = "exchange.order_not_drafted"


class AccountsFull(ExchangeError):
    """The example exchange takes no more accounts."""

    code = "exchange.accounts_full"


class GuestsFull(ExchangeError):
    """The demonstration invites nobody else, or nobody else of this name."""

    code = "exchange.guests_full"


class FaucetEmpty(ExchangeError):
    """The simulated faucet gives this account no more."""

    code = "exchange.faucet_empty"


class EpochTooSoon(ExchangeError):
    """The newest epoch of the reserves is too young for another one."""

    code = "exchange.epoch_too_soon"


class StandInUnknown(ExchangeError):
    """No stand-in of the simulation has this name, or the session is not a stand-in's."""

    code = "exchange.stand_in_unknown"
    exit_status = 2
