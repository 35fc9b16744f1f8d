//! What an account's parameters mean: in the order in which its state gives them.

use super::account::{LIVES, PERIOD_DAYS};
use super::seen::Seen;
use crate::parameter::{Declaring, Parameter, Window};

const OWNER: &str = "the customer, or whoever holds the account, by moving slowly";
const WAITS: &str = "whoever takes an account over and waits";

/// All of them.
pub(super) fn declare() -> Vec<Parameter> {
    let mut all = Declaring::of("account");
    declare_counters(&mut all);
    declare_times(&mut all);
    declare_news(&mut all);
    declare_ratios(&mut all);
    declare_usual(&mut all);
    all.all
}

fn declare_counters(all: &mut Declaring) {
    let lives = &LIVES.0;
    all.counter(lives, "events", "events", "everything done in this account", OWNER)
        .counter(lives, "logins", "logins", "sign-ins", OWNER)
        .counter(
            lives,
            "failed_logins",
            "logins",
            "failed sign-ins",
            "whoever wants to lock the customer out, by failing on purpose",
        )
        .counter(lives, "device_changes", "changes", "devices registered or forgotten", WAITS)
        .counter(lives, "credential_changes", "changes", "passkeys and factors changed", WAITS)
        .counter(lives, "api_key_changes", "changes", "API keys made or changed", WAITS)
        .counter(lives, "address_additions", "additions", "destinations put into the address book", WAITS)
        .counter(lives, "deposits", "deposits", "deposits", "whoever sends the customer tiny ones")
        .counter(lives, "deposit_value", "currency", "value of deposits", "whoever sends the customer tiny ones")
        .counter(lives, "orders", "orders", "orders", OWNER)
        .counter(lives, "order_value", "currency", "value of orders", OWNER)
        .counter(lives, "transfer_value", "currency", "value of transfers to other accounts", OWNER)
        .counter(lives, "withdrawals", "withdrawals", "withdrawals asked for", OWNER)
        .counter(lives, "withdrawal_value", "currency", "value of withdrawals asked for", OWNER);
}

fn declare_times(all: &mut Declaring) {
    Seen::declare(all);
    for (what, meaning) in [
        ("failed_login", "a sign-in last failed"),
        ("login", "it was last signed in to"),
        ("device_change", "a device was last registered or forgotten"),
        ("credential_change", "a passkey or factor was last changed"),
        ("api_key_change", "an API key was last made or changed"),
        ("address_addition", "the address book was last added to"),
        ("deposit", "the last deposit came"),
        ("order", "the last order was placed"),
        ("transfer", "something was last sent to another account"),
        ("withdrawal", "a withdrawal was last asked for"),
    ] {
        let words = format!("time since {meaning}");
        all.one(&format!("since_{what}"), Window::Always, "seconds", "1,000,000,000 (never)", &words, WAITS);
    }
}

fn declare_news(all: &mut Declaring) {
    let (always, unknown) = (Window::Always, "-1 (the event names none)");
    let copies = "whoever copies what the customer's own device says of itself";
    all.one(
        "device_known_for",
        always,
        "seconds",
        unknown,
        "since when this device is known here; 0 if it is new",
        copies,
    )
    .one(
        "prefix_known_for",
        always,
        "seconds",
        unknown,
        "since when this network is known here; 0 if it is new",
        "whoever uses a proxy near the customer",
    )
    .one(
        "country_known_for",
        always,
        "seconds",
        unknown,
        "since when this country is known here; 0 if it is new",
        "whoever uses a proxy in the customer's country",
    )
    .one("agent_known_for", always, "seconds", unknown, "since when this program is known here; 0 if it is new", copies)
    .one(
        "destination_known_for",
        always,
        "seconds",
        unknown,
        "since when this destination is known here; 0 if it is new",
        "whoever first sends a little there",
    )
    .one("devices", Window::Periods(PERIOD_DAYS), "devices", "0", "different devices", copies)
    .one(
        "prefixes",
        Window::Periods(PERIOD_DAYS),
        "networks",
        "0",
        "different networks",
        "whoever uses a proxy near the customer",
    )
    .one(
        "destinations",
        Window::Periods(PERIOD_DAYS),
        "destinations",
        "0",
        "different destinations",
        "whoever uses one address for all",
    )
    .one(
        "hops",
        always,
        "transactions",
        "16 (far from any)",
        "shortest distance of any of its destinations to a sanctioned address",
        "whoever sends through addresses that no analysis follows",
    )
    .one(
        "travel_speed",
        always,
        "km/h",
        "0",
        "speed that this place asks for, from the one before",
        "whoever uses a proxy near the customer",
    )
    .one(
        "zone_shift",
        Window::Event,
        "hours",
        "0",
        "the device's clock against what the place's longitude says",
        "whoever sets the clock of a device",
    )
    .one(
        "hour_rarity",
        always,
        "of 1",
        "0",
        "how rarely anything is done at this hour of the day",
        "whoever knows the customer's habits",
    );
}

fn declare_ratios(all: &mut Declaring) {
    let hour = Window::HalfLife(3_600);
    let day = Window::HalfLife(86_400);
    let month = Window::HalfLife(30 * 86_400);
    all.one("failure_share", hour, "of 1", "0", "part of the sign-ins that failed", "whoever signs in in between")
        .one(
            "leaving_share",
            Window::Event,
            "of 1",
            "0",
            "value of this over the balance before it",
            "whoever empties an account in parts",
        )
        .one("withdrawn_share", day, "of 1", "0", "withdrawals over the balance before this", OWNER)
        .one("passing_through", day, "of 1", "0", "withdrawals over deposits", "whoever lets coins rest")
        .one("passing_through_month", month, "of 1", "0", "withdrawals over deposits", "whoever lets coins rest")
        .one(
            "traded_share",
            day,
            "of 1",
            "0",
            "orders over deposits: near 0 where coins only pass",
            "whoever trades with themselves",
        )
        .one("amount_to_mean", month, "times", "0 (none before)", "value of this over the mean of withdrawals", OWNER)
        .one("withdrawal_burst", hour, "times", "0", "withdrawals within the hour over those usual in one", OWNER)
        .one("value_burst", day, "times", "0", "withdrawn within the day over what is usual in one", OWNER);
}

fn declare_usual(all: &mut Declaring) {
    let always = Window::HalfLife(60 * 86_400);
    all.one(
        "withdrawal_deviation",
        always,
        "standard deviations",
        "0",
        "how unusually large this withdrawal is",
        OWNER,
    )
    .one("deposit_deviation", always, "standard deviations", "0", "how unusually large this deposit is", OWNER)
    .one("order_deviation", always, "standard deviations", "0", "how unusually large this order is", OWNER)
    .one(
        "keystroke_score",
        Window::Event,
        "of 1",
        "-1 (not measured)",
        "how much the typing is the owner's",
        "whoever replays recorded typing",
    )
    .one(
        "mouse_score",
        Window::Event,
        "of 1",
        "-1 (not measured)",
        "how much the mouse is moved by the owner",
        "whoever replays recorded movement",
    )
    .one(
        "price_distance",
        Window::Event,
        "of 1",
        "0",
        "distance of the order from the market's price",
        "whoever splits an order",
    )
    .one(
        "user_verified",
        Window::Event,
        "yes or no",
        "0",
        "the authenticator verified its user",
        "nobody without the customer's authenticator",
    )
    .one(
        "customer_signed",
        Window::Event,
        "yes or no",
        "0",
        "the customer's own passkey signed exactly this",
        "nobody without the customer's authenticator",
    )
    .one(
        "anonymised",
        Window::Event,
        "yes or no",
        "0",
        "through an anonymising network or a hosting company",
        "whoever uses homes' addresses",
    );
}
