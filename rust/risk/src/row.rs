//! The row of all parameters of an event: which part is whose, and the catalogue in its order.

use crate::parameter::Parameter;
use crate::state::{Account, Address, ApiKey, Counterparty, Destination, Device, Entity, Network, Prefix, plain};

/// Where each entity's part of a row begins.
pub(crate) mod part {
    use super::{Account, Address, ApiKey, Counterparty, Destination, Device, Entity, Network, Prefix, plain};

    pub(crate) const ACCOUNT: usize = plain::WIDTH;
    pub(crate) const DEVICE: usize = ACCOUNT + Account::WIDTH;
    pub(crate) const ADDRESS: usize = DEVICE + Device::WIDTH;
    pub(crate) const PREFIX: usize = ADDRESS + Address::WIDTH;
    pub(crate) const NETWORK: usize = PREFIX + Prefix::WIDTH;
    pub(crate) const DESTINATION: usize = NETWORK + Network::WIDTH;
    pub(crate) const COUNTERPARTY: usize = DESTINATION + Destination::WIDTH;
    pub(crate) const API_KEY: usize = COUNTERPARTY + Counterparty::WIDTH;
    pub(crate) const END: usize = API_KEY + ApiKey::WIDTH;
}

/// How many parameters there are.
pub const WIDTH: usize = part::END;

/// Every parameter, in the order of a row.
pub fn catalogue() -> Vec<Parameter> {
    [
        plain::declare(),
        Account::declare(),
        Device::declare(),
        Address::declare(),
        Prefix::declare(),
        Network::declare(),
        Destination::declare(),
        Counterparty::declare(),
        ApiKey::declare(),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_is_declared_where_it_stands() {
        let all = catalogue();
        assert_eq!(all.len(), WIDTH);
        for (begins, entity) in [
            (0, "event"),
            (part::ACCOUNT, "account"),
            (part::DEVICE, "device"),
            (part::ADDRESS, "address"),
            (part::PREFIX, "prefix"),
            (part::NETWORK, "network"),
            (part::DESTINATION, "destination"),
            (part::COUNTERPARTY, "counterparty"),
            (part::API_KEY, "api_key"),
        ] {
            assert_eq!(all[begins].entity, entity);
            assert!(begins == 0 || all[begins - 1].entity != entity);
        }
        assert!(all.len() >= 150);
    }

    #[test]
    fn identifiers_are_different_and_nothing_is_left_out() {
        let all = catalogue();
        let mut names: Vec<&str> = all.iter().map(|each| each.identifier.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), WIDTH);
        for each in &all {
            for text in [each.meaning.as_str(), each.unit, each.missing, each.gamed_by] {
                assert!(!text.is_empty(), "{}", each.identifier);
            }
        }
    }
}
