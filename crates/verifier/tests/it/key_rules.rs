//! RFC 8725 section 3.4: a key is a point of P-256, validated at construction.

use verifier::{KeyError, KeySet, PublicKey};

use crate::support::{other_key_pair, point, public_half, public_key};

#[test]
fn a_key_is_named_by_its_thumbprint() {
    assert_eq!(public_key().kid(), "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
}

#[test]
fn a_key_is_65_bytes_of_the_uncompressed_form_on_the_curve() {
    let good = point();
    let first = |byte: u8| [&[byte], &good[1..]].concat();
    let mut other_y = good.clone();
    other_y[64] ^= 1;
    let mut other_x = good.clone();
    other_x[32] ^= 1;
    let compressed = |sign: u8| [&[sign], &good[1..33]].concat();
    for (name, bytes) in [
        ("nothing", vec![]),
        ("infinity", vec![0]),
        ("infinity in 65 bytes", vec![0; 65]),
        ("64 bytes", good[..64].to_vec()),
        ("coordinates alone", good[1..].to_vec()),
        ("66 bytes", [&good[..], &[0]].concat()),
        ("compressed, even", compressed(2)),
        ("compressed, odd", compressed(3)),
        ("compressed in 65 bytes", first(2)),
        ("hybrid, even", first(6)),
        ("hybrid, odd", first(7)),
        ("an unknown form", first(5)),
        ("zero", [&[4], &[0; 64][..]].concat()),
        ("beyond the field", [&[4], &[0xff; 64][..]].concat()),
        ("another y", other_y),
        ("another x", other_x),
    ] {
        let refused = PublicKey::from_uncompressed_point(&bytes);
        assert_eq!(refused, Err(KeyError::NotAPoint), "{name}");
    }
}

#[test]
fn a_set_finds_each_key_by_its_id_and_holds_it_once() {
    let (first, second) = (public_key(), public_half(&other_key_pair()));
    let set = KeySet::default().with(first.clone()).with(second.clone()).with(first.clone());
    assert_eq!(set.get(first.kid()), Some(&first));
    assert_eq!(set.get(second.kid()), Some(&second));
    assert_eq!(set.get("another"), None);
    assert_eq!(set.iter().count(), 2);
    assert_eq!(KeySet::default().get(first.kid()), None);
}
