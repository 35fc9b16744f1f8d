//! Trees and proofs, by the crate's public names.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use holdfast_solvency::{
    AssetRoot, Chooser, Claim, Coin, Epoch, EpochHead, Fragment, Holder, MAX_FRAGMENTS, MIN_LEAVES, Node, Planted,
    SolvencyError, SumTree, Vault, account_commitment, holdings_digest, ownership_message, parent, plant, salt,
    super_root, user_key, verify,
};
use proptest::prelude::*;

const EPOCH: Epoch<'static> = Epoch { venue: "Example Exchange", number: 7 };
const SECRET: [u8; 32] = [7; 32];

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("customer-{number:06}")).collect()
}

fn holders<'a>(names: &'a [String], balances: &[u128]) -> Vec<Holder<'a>> {
    names
        .iter()
        .zip(balances)
        .enumerate()
        .map(|(number, (customer, balance))| Holder {
            customer,
            chooser: if number % 2 == 0 { Chooser::Customer } else { Chooser::House },
            nonce: [number as u8; 16],
            balance: *balance,
        })
        .collect()
}

fn proof(planted: &Planted, holders: &[Holder<'static>], who: usize) -> (Claim<'static>, Vec<Fragment>) {
    let holder = holders[who];
    let claim = Claim {
        customer: holder.customer,
        chooser: holder.chooser,
        nonce: holder.nonce,
        salt: salt(&SECRET, holder.customer),
    };
    let fragments = planted.fragments[who]
        .iter()
        .map(|&(index, value)| Fragment { index, value, path: planted.tree.path(index).unwrap() })
        .collect();
    (claim, fragments)
}

fn check(planted: &Planted, claim: &Claim<'_>, fragments: &[Fragment]) -> Result<u128, SolvencyError> {
    verify(EPOCH, "BTC", &planted.tree.root(), planted.tree.leaves(), claim, fragments)
}

fn leak(names: Vec<String>) -> &'static [String] {
    Box::leak(names.into_boxed_slice())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_balance_is_in_the_tree(balances in prop::collection::vec(0..u128::MAX >> 8, 0..120)) {
        let holders = holders(leak(names(balances.len())), &balances);
        let planted = plant(EPOCH, "BTC", &SECRET, &holders).unwrap();
        prop_assert_eq!(planted.tree.root().value, balances.iter().sum::<u128>());
        prop_assert!(planted.tree.leaves() >= MIN_LEAVES && planted.tree.leaves().is_power_of_two());
        for (who, balance) in balances.iter().enumerate() {
            let (claim, fragments) = proof(&planted, &holders, who);
            prop_assert_eq!(check(&planted, &claim, &fragments).unwrap(), *balance);
            prop_assert!((2..=5).contains(&fragments.len()));
        }
    }

    #[test]
    fn no_bit_of_a_proof_can_change(seed in any::<u64>(), who in 0_usize..9) {
        let balances: Vec<u128> = (0..9).map(|number| u128::from(seed) + number).collect();
        let holders = holders(leak(names(9)), &balances);
        let planted = plant(EPOCH, "BTC", &SECRET, &holders).unwrap();
        let (claim, fragments) = proof(&planted, &holders, who);
        let which = seed as usize % fragments.len();
        let bit = seed as u32 % 128;
        for (byte, level) in (0..16).zip([0_usize, 1, 2, 3].into_iter().cycle()) {
            let mut altered = fragments.clone();
            altered[which].path[level].hash[byte * 2] ^= 1 << (bit % 8);
            prop_assert!(check(&planted, &claim, &altered).is_err());
        }
        let mut altered = fragments.clone();
        altered[which].path[0].value ^= 1 << bit;
        prop_assert!(check(&planted, &claim, &altered).is_err());
        let mut altered = fragments.clone();
        altered[which].value ^= 1 << bit;
        prop_assert!(check(&planted, &claim, &altered).is_err());
        let mut altered = fragments.clone();
        altered[which].index ^= 1;
        prop_assert!(check(&planted, &claim, &altered).is_err());
        let mut other = claim;
        other.salt[which] ^= 1;
        prop_assert!(check(&planted, &other, &fragments).is_err());
        let mut other = claim;
        other.nonce[which] ^= 1;
        prop_assert!(check(&planted, &other, &fragments).is_err());
    }
}

#[test]
fn sums_beyond_128_bits_are_refused() {
    let node = |value| Node { hash: [1; 32], value };
    assert_eq!(parent(1, &node(u128::MAX - 1), &node(1)).unwrap().value, u128::MAX);
    assert_eq!(parent(1, &node(u128::MAX), &node(1)), Err(SolvencyError::SumOverflow));
    assert_eq!(SumTree::build(vec![node(u128::MAX), node(1)]).unwrap_err(), SolvencyError::SumOverflow);
    let names = leak(names(2));
    let refused = plant(EPOCH, "BTC", &SECRET, &holders(names, &[u128::MAX, 1])).unwrap_err();
    assert_eq!(refused, SolvencyError::SumOverflow);
    assert_eq!(refused.to_string(), "a sum of more than 128 bits");
}

#[test]
fn a_parent_binds_both_sums_the_level_and_the_order() {
    let (left, right) = (Node { hash: [1; 32], value: 5 }, Node { hash: [2; 32], value: 7 });
    let whole = parent(1, &left, &right).unwrap();
    let moved = parent(1, &Node { value: 6, ..left }, &Node { value: 6, ..right }).unwrap();
    assert_eq!(whole.value, moved.value);
    assert_ne!(whole.hash, moved.hash);
    assert_ne!(whole.hash, parent(2, &left, &right).unwrap().hash);
    assert_ne!(whole.hash, parent(1, &right, &left).unwrap().hash);
}

#[test]
fn a_tree_has_a_power_of_two_of_leaves() {
    let leaf = Node { hash: [0; 32], value: 1 };
    for count in [0, 1, 3, 12] {
        assert!(matches!(SumTree::build(vec![leaf; count]), Err(SolvencyError::ParametersInvalid(_))));
    }
    let tree = SumTree::build(vec![leaf; 8]).unwrap();
    assert_eq!((tree.leaves(), tree.root().value, tree.node_bytes().len()), (8, 8, 15 * 48));
    assert_eq!((tree.path(7).unwrap().len(), tree.path(8)), (3, None));
}

#[test]
fn what_no_proof_has_is_refused() {
    let names = leak(names(3));
    let holders = holders(names, &[5, 6, 7]);
    let planted = plant(EPOCH, "BTC", &SECRET, &holders).unwrap();
    let (claim, fragments) = proof(&planted, &holders, 0);
    let (root, leaves) = (planted.tree.root(), planted.tree.leaves());
    let malformed = |result| matches!(result, Err(SolvencyError::ParametersInvalid(_)));
    assert!(malformed(check(&planted, &claim, &[])));
    assert!(malformed(check(&planted, &claim, &vec![fragments[0].clone(); MAX_FRAGMENTS + 1])));
    assert!(malformed(verify(EPOCH, "", &root, leaves, &claim, &fragments)));
    assert!(malformed(verify(EPOCH, "BTC", &root, leaves + 1, &claim, &fragments)));
    assert!(malformed(verify(EPOCH, "BTC", &root, 1, &claim, &fragments)));
    assert!(malformed(plant(EPOCH, "BTC", &SECRET, &[holders[1], holders[0]]).map(|_| 0)));
    assert!(malformed(plant(EPOCH, "BTC", &SECRET, &[holders[0], holders[0]]).map(|_| 0)));
    let false_ = |result| matches!(result, Err(SolvencyError::ProofInvalid(_)));
    assert!(false_(verify(EPOCH, "BTC", &root, leaves * 2, &claim, &fragments)));
    assert!(false_(verify(Epoch { number: 8, ..EPOCH }, "BTC", &root, leaves, &claim, &fragments)));
    assert!(false_(check(&planted, &claim, &fragments[1..])));
    let twice = [fragments.clone(), vec![fragments[0].clone()]].concat();
    assert!(false_(check(&planted, &claim, &twice)));
}

#[test]
fn keys_and_commitments_are_of_one_customer_epoch_and_chooser() {
    let account = account_commitment("a", "bc", Chooser::House, &[0; 16]);
    assert_ne!(account, account_commitment("ab", "c", Chooser::House, &[0; 16]));
    assert_ne!(account, account_commitment("a", "bc", Chooser::Customer, &[0; 16]));
    let key = user_key(&[1; 32], &EPOCH, "bc", Chooser::House, &[0; 16]);
    assert_ne!(key, user_key(&[1; 32], &Epoch { number: 8, ..EPOCH }, "bc", Chooser::House, &[0; 16]));
    assert_ne!(key, user_key(&[2; 32], &EPOCH, "bc", Chooser::House, &[0; 16]));
    assert_ne!(salt(&SECRET, "a"), salt(&SECRET, "b"));
}

#[test]
fn the_super_root_binds_every_field() {
    let coin = Coin { txid: [3; 32], vout: 1, value: 9, path: (0, 4) };
    let vault = Vault { name: "hot".into(), asset: "BTC".into(), key: [2; 33], coins: vec![coin, coin] };
    let holdings = holdings_digest(std::slice::from_ref(&vault)).unwrap();
    let others = [
        vec![],
        vec![Vault { name: "cold".into(), ..vault.clone() }],
        vec![Vault { key: [3; 33], ..vault.clone() }],
        vec![Vault { coins: vec![coin], ..vault.clone() }],
        vec![Vault { coins: vec![coin, Coin { path: (1, 4), ..coin }], ..vault.clone() }],
        vec![Vault { coins: vec![coin, Coin { value: 10, ..coin }], ..vault }],
    ];
    assert!(others.iter().all(|other| holdings_digest(other).unwrap() != holdings));

    let head = EpochHead {
        epoch: EPOCH,
        at_s: 1,
        previous: [0; 32],
        network: "regtest",
        height: 5,
        block_hash: [4; 32],
        holdings,
    };
    let asset = AssetRoot { asset: "BTC".into(), decimals: 8, root: [5; 32], total: 9, leaves: 16 };
    let root = super_root(&head, std::slice::from_ref(&asset)).unwrap();
    let heads = [
        EpochHead { at_s: 2, ..head },
        EpochHead { previous: [1; 32], ..head },
        EpochHead { network: "main", ..head },
        EpochHead { height: 6, ..head },
        EpochHead { block_hash: [5; 32], ..head },
        EpochHead { holdings: [6; 32], ..head },
        EpochHead { epoch: Epoch { number: 8, ..EPOCH }, ..head },
    ];
    assert!(heads.iter().all(|other| super_root(other, std::slice::from_ref(&asset)).unwrap() != root));
    let assets = [
        AssetRoot { decimals: 9, ..asset.clone() },
        AssetRoot { root: [6; 32], ..asset.clone() },
        AssetRoot { total: 10, ..asset.clone() },
        AssetRoot { leaves: 32, ..asset.clone() },
    ];
    assert!(assets.iter().all(|other| super_root(&head, std::slice::from_ref(other)).unwrap() != root));
    assert!(super_root(&head, &[asset.clone(), asset]).is_err());
    let message = ownership_message(&EPOCH, &root, &[4; 32]);
    assert_ne!(message, ownership_message(&EPOCH, &root, &[5; 32]));
    assert_ne!(message, ownership_message(&EPOCH, &[0; 32], &[4; 32]));
}
