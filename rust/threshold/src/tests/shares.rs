//! What was sealed is checked again when it comes back.

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::error::ThresholdError;
use crate::generation::begin;
use crate::share::KeyShare;
use crate::wire::Domain;

fn shares() -> [KeyShare; 2] {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let (first, one) = begin(1, 2, 2, &mut rng).unwrap();
    let (second, two) = begin(2, 2, 2, &mut rng).unwrap();
    let (one, two) = ([(1, one.as_slice())].into(), [(2, two.as_slice())].into());
    let (first, from_first) = first.exchange(&two).unwrap();
    let (second, from_second) = second.exchange(&one).unwrap();
    [
        first.finish(&two, &[(2, from_second[&1].as_slice())].into()).unwrap(),
        second.finish(&one, &[(1, from_first[&2].as_slice())].into()).unwrap(),
    ]
}

#[test]
fn a_secret_must_be_the_one_of_its_verifying_share() {
    let [first, second] = shares();
    let exposed = first.exposed();
    assert_eq!(KeyShare::from_exposed(&exposed).unwrap().identifier(), 1);

    let malformed = |exposed: &[u8]| {
        let outcome = KeyShare::from_exposed(exposed).map(|_| ());
        assert!(matches!(outcome, Err(ThresholdError::Malformed(_) | ThresholdError::ParametersInvalid(_))));
    };
    let start = Domain::KeyShare.header().len();
    let mut altered = exposed.to_vec();
    altered[start + 2 + 31] ^= 1; // the scalar
    malformed(&altered);
    let mut another = exposed.to_vec();
    another[start..start + 2].copy_from_slice(&2u16.to_be_bytes()); // whose it is
    malformed(&another);
    another[start..start + 2].copy_from_slice(&0u16.to_be_bytes());
    malformed(&another);
    let mut swapped = exposed.to_vec();
    swapped[start + 2..start + 34].copy_from_slice(&second.exposed()[start + 2..start + 34]);
    malformed(&swapped);
    malformed(&exposed[..exposed.len() - 1]);
}
