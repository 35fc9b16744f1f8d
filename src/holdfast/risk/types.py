"""The frozen inputs of a risk decision: everything that it may look at, and nothing else."""

from dataclasses import dataclass

from holdfast.amounts import Amount, AmountError
from holdfast.risk.errors import FactsMalformed


@dataclass(frozen=True)
class CustomerHistory:
    """What is known of a customer at the time of a withdrawal. Times are seconds since 1970, ``None``: never.

    ``withdrawals_30d`` and ``withdrawn_30d`` count the completed withdrawals of the last 30 days in the asset, and
    sum them; ``withdrawals_last_hour`` and ``withdrawals_last_day`` count requests, this one not included.
    ``hours_active`` are the UTC hours (0..23) in which the customer withdrew before.
    """

    enrolled_at_s: int | None
    credential_changed_at_s: int | None
    last_deposit_at_s: int | None
    balance: Amount
    withdrawals_30d: int
    withdrawn_30d: Amount
    withdrawals_last_hour: int
    withdrawals_last_day: int
    failed_assertions_last_day: int
    hours_active: tuple[int, ...]


@dataclass(frozen=True)
class DestinationHistory:
    """What is known of a destination: whether this customer used it before, and how many others ever did."""

    used_before_at_s: int | None
    other_customers: int


@dataclass(frozen=True)
class WithdrawalFacts:
    """One payment to be decided: how much, when (seconds since 1970), by whom and to where.

    ``balance`` of the history is what the customer had before this payment. ``customer_signed`` says whether the
    customer's own passkey signed exactly this payment.
    """

    amount: Amount
    requested_at_s: int
    customer_signed: bool
    customer: CustomerHistory
    destination: DestinationHistory

    def __post_init__(self) -> None:
        """Refuse facts that cannot be."""
        customer, destination = self.customer, self.destination
        try:
            self.amount.positive()
        except AmountError as fault:
            raise FactsMalformed(str(fault)) from None
        if any(amount.asset != self.amount.asset for amount in (customer.balance, customer.withdrawn_30d)):
            raise FactsMalformed(f"the customer's balance and history must be of {self.amount.asset}")
        counts = (
            customer.withdrawals_30d,
            customer.withdrawals_last_hour,
            customer.withdrawals_last_day,
            customer.failed_assertions_last_day,
            destination.other_customers,
        )
        if any(type(count) is not int or count < 0 for count in counts):
            raise FactsMalformed("a count is a whole number from 0")
        if any(not 0 <= hour <= 23 for hour in customer.hours_active):
            raise FactsMalformed("an hour is between 0 and 23")
        times = (
            customer.enrolled_at_s,
            customer.credential_changed_at_s,
            customer.last_deposit_at_s,
            destination.used_before_at_s,
        )
        # A clock that ran backwards would make a fresh enrolment look old, or a stale one fresh: in doubt, refuse.
        if self.requested_at_s < 0 or any(time is not None and not 0 <= time <= self.requested_at_s for time in times):
            raise FactsMalformed("a time lies after the withdrawal, or before 1970")
