//! The vectors that the makers of FROST's taproot variant publish, through this crate's own rounds.

use std::collections::BTreeMap;

use frost_core::round1::Nonce;
use frost_secp256k1_tr::keys::dkg::round1::SecretPackage;
use frost_secp256k1_tr::keys::{KeyPackage, SigningShare, VerifiableSecretSharingCommitment};
use frost_secp256k1_tr::round1::{NonceCommitment, SigningCommitments, SigningNonces};
use frost_secp256k1_tr::{Identifier, SigningPackage, VerifyingKey};
use k256::Scalar;
use k256::elliptic_curve::PrimeField;
use serde_json::Value;

use crate::derivation::DerivationPath;
use crate::generation::Round1Secret;
use crate::group::GroupKey;
use crate::identifier::frost_identifier;
use crate::share::KeyShare;
use crate::signing::{Nonces, aggregate_package, sign_package, verify};
use crate::wire::Domain;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../../tests/vectors/frost_secp256k1_tr.json")).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

fn scalar(value: &Value) -> Scalar {
    let repr: [u8; 32] = bytes(value).try_into().unwrap();
    Scalar::from_repr(repr.into()).unwrap()
}

fn identifier(value: &Value) -> u16 {
    value["identifier"].as_u64().unwrap() as u16
}

/// The shares of the signing vector, made into ours by way of their verifying shares.
fn shares(inputs: &Value) -> BTreeMap<u16, KeyShare> {
    let key: [u8; 33] = bytes(&inputs["verifying_key_key"]).try_into().unwrap();
    let each = list(&inputs["participant_shares"]);
    let mut encoded = Domain::GroupKey.header();
    encoded.extend_from_slice(&[2, each.len() as u8]);
    encoded.extend_from_slice(&key);
    let secret = |share: &Value| SigningShare::deserialize(&bytes(&share["participant_share"])).unwrap();
    for share in each {
        let public: frost_secp256k1_tr::keys::VerifyingShare = secret(share).into();
        encoded.extend_from_slice(&identifier(share).to_be_bytes());
        encoded.extend_from_slice(&public.serialize().unwrap());
    }
    let group_key = GroupKey::decoded(&encoded).unwrap();
    let package = |share: &Value| {
        let key = VerifyingKey::deserialize(&key).unwrap();
        let name = frost_identifier(identifier(share)).unwrap();
        KeyPackage::new(name, secret(share), secret(share).into(), key, 2)
    };
    each.iter().map(|share| (identifier(share), KeyShare::new(package(share), group_key.clone()).unwrap())).collect()
}

#[test]
fn signing_gives_the_published_signature() {
    let vector = &vectors()["signing"];
    let shares = shares(&vector["inputs"]);
    let mut nonces: BTreeMap<u16, Nonces> = BTreeMap::new();
    let mut commitments: BTreeMap<Identifier, SigningCommitments> = BTreeMap::new();
    for round in list(&vector["round_one_outputs"]["outputs"]) {
        let nonce = |name: &str| Nonce::deserialize(&bytes(&round[name])).unwrap();
        let secret = SigningNonces::from_nonces(nonce("hiding_nonce"), nonce("binding_nonce"));
        let published = |name: &str| NonceCommitment::deserialize(&bytes(&round[name])).unwrap();
        let expected =
            SigningCommitments::new(published("hiding_nonce_commitment"), published("binding_nonce_commitment"));
        assert_eq!(*secret.commitments(), expected);
        commitments.insert(frost_identifier(identifier(round)).unwrap(), expected);
        nonces.insert(identifier(round), Nonces::from_frost(secret).unwrap());
    }
    let package = SigningPackage::new(commitments, &bytes(&vector["inputs"]["message"]));
    let root = DerivationPath::default();
    let mut parts = BTreeMap::new();
    for round in list(&vector["round_two_outputs"]["outputs"]) {
        let signer = identifier(round);
        let part = sign_package(&shares[&signer], &nonces[&signer], &package, &root).unwrap();
        let scalar = part.strip_prefix(Domain::SignatureShare.header().as_slice()).unwrap();
        assert_eq!(scalar, bytes(&round["sig_share"]));
        let part = frost_secp256k1_tr::round2::SignatureShare::deserialize(scalar).unwrap();
        parts.insert(frost_identifier(signer).unwrap(), part);
    }
    let signature = aggregate_package(shares[&1].group_key(), &package, &parts, &root).unwrap();
    assert_eq!(signature.to_vec(), bytes(&vector["final_output"]["sig"]));
}

#[test]
fn key_generation_gives_the_published_key() {
    let inputs = &vectors()["key_generation"]["inputs"];
    let members = ["1", "2", "3"].map(|name| &inputs[name]);
    let mut secrets = BTreeMap::new();
    let mut hellos = BTreeMap::new();
    for member in members {
        let commitment =
            VerifiableSecretSharingCommitment::deserialize(list(&member["vss_commitments"]).iter().map(bytes));
        let coefficients = vec![scalar(&member["signing_key"]), scalar(&member["coefficient"])];
        let name = frost_identifier(identifier(member)).unwrap();
        let secret = SecretPackage::new(name, coefficients, commitment.unwrap(), 2, 3);
        secrets.insert(identifier(member), Round1Secret::from_frost(secret, identifier(member), 3, 2));
        let points: Vec<u8> = list(&member["vss_commitments"]).iter().flat_map(bytes).collect();
        let proof = bytes(&member["proof_of_knowledge"]);
        hellos.insert(identifier(member), [&Domain::KeyGenerationRound1.header()[..], &[2], &points, &proof].concat());
    }
    let others =
        |own: u16| hellos.iter().filter(|(id, _)| **id != own).map(|(id, hello)| (*id, hello.as_slice())).collect();
    let mut kept = BTreeMap::new();
    let mut letters: BTreeMap<u16, BTreeMap<u16, Vec<u8>>> = BTreeMap::new();
    for (own, secret) in secrets {
        let (secret, sent) = secret.exchange(&others(own)).unwrap();
        kept.insert(own, secret);
        for (recipient, letter) in sent {
            let expected = bytes(&inputs[recipient.to_string()]["signing_shares"][own.to_string()]);
            assert!(letter.ends_with(&expected));
            letters.entry(recipient).or_default().insert(own, letter.to_vec());
        }
    }
    for (own, secret) in kept {
        let received = letters[&own].iter().map(|(sender, letter)| (*sender, letter.as_slice())).collect();
        let share = secret.finish(&others(own), &received).unwrap();
        let published = &inputs[own.to_string()];
        assert_eq!(share.group_key().verifying_key().to_vec(), bytes(&inputs["verifying_key"]));
        assert_eq!(share.group_key().verifying_shares()[&own].to_vec(), bytes(&published["verifying_share"]));
        assert_eq!(share.secret().signing_share().serialize(), bytes(&published["signing_share"]));
    }
}

#[test]
fn verification_agrees_with_bip340() {
    let vectors: Value = serde_json::from_str(include_str!("../../../../tests/vectors/bip0340.json")).unwrap();
    let mut checked = 0;
    for vector in list(&vectors["vectors"]) {
        let Ok(message) = <[u8; 32]>::try_from(bytes(&vector["message"])) else {
            continue; // This crate signs hashes only.
        };
        let key = bytes(&vector["public_key"]).try_into().unwrap();
        let signature = bytes(&vector["signature"]).try_into().unwrap();
        assert_eq!(verify(&key, &message, &signature).is_ok(), vector["valid"], "{vector}");
        checked += 1;
    }
    assert_eq!(checked, 15);
}
