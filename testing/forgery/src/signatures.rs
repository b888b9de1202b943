//! The signature (RFC 7518 section 3.4): r and s, 32 bytes each, over header and payload as they were sent, by the
//! key that `kid` names. And the one other valid signature: [`twin`].

use aws_lc_rs::digest::{SHA256, digest};

use crate::Original;
use crate::attacker::Attacker;
use crate::base64url::{b64, unb64};
use crate::case::{Cases, Rule};

/// The order n of P-256 (SP 800-186 section 3.2.1.3).
pub const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];
/// The order p of the field of P-256's coordinates.
const FIELD: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
];

/// The same token with the signature (r, n − s), which is valid too: ECDSA signatures are malleable, and RFC 7518
/// does not require the lower s. It is no forgery, but another spelling of the same token: a revocation must cover
/// both.
///
/// # Panics
/// If `token` does not end in 64 bytes of base64url.
#[must_use]
pub fn twin(token: &str) -> String {
    let (signing_input, signature) = token.rsplit_once('.').expect("three parts");
    let signature = unb64(signature);
    let (r, s) = signature.split_at(32);
    format!("{signing_input}.{}", b64([r, &order_minus(s)].concat()))
}

/// n − `number`, both 32 bytes, the most significant first.
fn order_minus(number: &[u8]) -> Vec<u8> {
    let mut borrow = 0;
    let digits = ORDER.iter().zip(number).rev().map(|(n, digit)| {
        let difference = i16::from(*n) - i16::from(*digit) - borrow;
        borrow = i16::from(difference < 0);
        u8::try_from(difference.rem_euclid(256)).expect("a remainder of 256")
    });
    let mut digits: Vec<u8> = digits.collect();
    digits.reverse();
    digits
}

pub(crate) fn forge(cases: &mut Cases<'_>, attacker: &Attacker) {
    edge_values(cases);
    bits(cases);
    lengths(cases);
    other_forms(cases);
    other_messages(cases);
    others(cases, attacker);
}

fn add(cases: &mut Cases<'_>, name: impl Into<String>, signature: &[u8]) {
    cases.add(name, Rule::Signature, cases.original.with_signature(signature));
}

/// CVE-2022-21449 and its kin: a verifier without this check accepts zeros as a signature of every key.
fn edge_values(cases: &mut Cases<'_>) {
    let good = cases.original.signature();
    let (r, s) = good.split_at(32);
    let (zero, most) = ([0; 32], [0xff; 32]);
    let with_last = |mut number: [u8; 32], last: u8| {
        number[31] = last;
        number
    };
    let one = with_last(zero, 1);
    let (before, beyond) = (with_last(ORDER, 0x50), with_last(ORDER, 0x52));
    for (name, r, s) in [
        ("r = 0", &zero[..], s),
        ("s = 0", r, &zero),
        ("r = 0 and s = 0", &zero, &zero),
        ("r = 1 and s = 1", &one, &one),
        ("r = 0 and s = 1", &zero, &one),
        ("r = n", &ORDER, s),
        ("s = n", r, &ORDER),
        ("r = n and s = n", &ORDER, &ORDER),
        ("r = n - 1", &before, s),
        ("s = n - 1", r, &before),
        ("r = n + 1", &beyond, s),
        ("s = n + 1", r, &beyond),
        ("r = p", &FIELD, s),
        ("s = p", r, &FIELD),
        ("r = 2^256 - 1", &most, s),
        ("s = 2^256 - 1", r, &most),
        ("r = 2^256 - 1 and s = 2^256 - 1", &most, &most),
        ("swapped halves", s, r),
        ("r twice", r, r),
        ("s twice", s, s),
        ("n - r", &order_minus(r), s),
        ("n - r and n - s", &order_minus(r), &order_minus(s)),
    ] {
        add(cases, name, &[r, s].concat());
    }
    let little = |number: &[u8]| number.iter().rev().copied().collect::<Vec<u8>>();
    add(cases, "little-endian r and s", &[little(r), little(s)].concat());
}

fn bits(cases: &mut Cases<'_>) {
    let good = cases.original.signature();
    for (name, bit) in [
        ("the first bit of r", 0),
        ("the last bit of r", 255),
        ("the first bit of s", 256),
        ("the last bit of s", 511),
    ] {
        let mut modified = good.clone();
        modified[bit / 8] ^= 0x80 >> (bit % 8);
        add(cases, format!("modified signature: {name}"), &modified);
    }
    let inverted: Vec<u8> = good.iter().map(|byte| !byte).collect();
    add(cases, "modified signature: every bit", &inverted);
}

fn lengths(cases: &mut Cases<'_>) {
    let good = cases.original.signature();
    let (r, s) = good.split_at(32);
    for (name, signature) in [
        ("missing signature", vec![]),
        ("one byte", vec![good[0]]),
        ("r alone", r.to_vec()),
        ("s alone", s.to_vec()),
        ("truncated by a byte", good[..63].to_vec()),
        ("truncated by its first byte", good[1..].to_vec()),
        ("extended by a zero", [&good, &[0][..]].concat()),
        ("extended by a zero before it", [&[0][..], &good].concat()),
        ("each half extended by a zero", [&[0], r, &[0], s].concat()),
        ("twice", [&good[..], &good].concat()),
        ("as long as one of P-384", [&[0; 16], r, &[0; 16], s].concat()),
        ("as long as one of P-521", [&[0; 34], r, &[0; 34], s].concat()),
        ("96 zeros", vec![0; 96]),
    ] {
        add(cases, name, &signature);
    }
}

fn other_forms(cases: &mut Cases<'_>) {
    let good = cases.original.signature();
    let (r, s) = good.split_at(32);
    add(cases, "DER instead of r and s", &der(r, s));
    add(cases, "DER of the twin", &der(r, &order_minus(s)));
    let integers = [integer(r), integer(s)].concat();
    let length = u8::try_from(integers.len()).expect("some 70 bytes");
    add(cases, "DER with a long length", &[&[0x30, 0x81, length], &integers[..]].concat());
    add(cases, "hexadecimal", hex(&good).as_bytes());
    add(cases, "base64url twice", b64(&good).as_bytes());
}

/// The issuer's signatures, each over other bytes than this header and this payload.
fn other_messages(cases: &mut Cases<'_>) {
    let original = cases.original;
    let [header, payload, signature] = original.parts();
    let input = original.signing_input();
    for (name, message) in [
        ("of the payload", payload.as_bytes().to_vec()),
        ("of the header", header.as_bytes().to_vec()),
        ("of both without the period", format!("{header}{payload}").into_bytes()),
        ("of both before they were encoded", [unb64(header), vec![b'.'], unb64(payload)].concat()),
        ("of their digest", digest(&SHA256, input.as_bytes()).as_ref().to_vec()),
        ("of nothing", vec![]),
        ("of payload and header", format!("{payload}.{header}").into_bytes()),
        ("of both and a newline", format!("{input}\n").into_bytes()),
    ] {
        add(cases, format!("the issuer's signature {name}"), &original.sign(&message));
    }
    for (name, header, payload) in modified(original) {
        cases.add(name, Rule::Signature, format!("{header}.{payload}.{signature}"));
    }
}

/// The original's signature under a changed header or payload.
fn modified(original: &Original) -> Vec<(&'static str, String, String)> {
    let [header, payload, _] = original.parts();
    let later = original.instant("exp") + 1;
    let another_id = "01890a5d-ac96-774b-bcce-b302099affff";
    let keep = || header.to_owned();
    vec![
        ("modified header: a member more", b64(original.header_with("a", 1)), payload.to_owned()),
        (
            "modified header: another key's name",
            b64(original.header_with("kid", original.other_kid())),
            payload.to_owned(),
        ),
        ("modified header: a space more", b64(original.header_text() + " "), payload.to_owned()),
        ("modified payload: a second more", keep(), b64(original.claims_with("exp", later))),
        ("modified payload: another user", keep(), b64(original.claims_with("sub", another_id))),
        ("modified payload: another session", keep(), b64(original.claims_with("sid", another_id))),
        ("modified payload: a scope more", keep(), b64(original.claims_with("scope", "admin"))),
        ("modified payload: a space more", keep(), b64(original.claims_text() + " ")),
        ("modified payload: an empty object", keep(), b64("{}")),
        ("missing payload", keep(), String::new()),
    ]
}

fn others(cases: &mut Cases<'_>, attacker: &Attacker) {
    let original = cases.original;
    let token = attacker.sealed(original.header_text(), original.claims_text());
    cases.add("the attacker's signature", Rule::Signature, token);
    let other = original.sealed(original.header_text(), original.claims_with("jti", "another"));
    let (_, signature) = other.rsplit_once('.').expect("three parts");
    let token = format!("{}.{signature}", original.signing_input());
    cases.add("the signature of another token of the issuer's", Rule::Signature, token);
    add(cases, "random bytes", &attacker.sign("ES512", b"random")[..64]);
}

/// SEC 1 appendix C.5: `ECDSA-Sig-Value`.
fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let integers = [integer(r), integer(s)].concat();
    let length = u8::try_from(integers.len()).expect("some 70 bytes");
    [&[0x30, length], &integers[..]].concat()
}

/// A positive INTEGER in the fewest bytes.
fn integer(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let digits = &number[zeros.min(number.len() - 1)..];
    let sign: &[u8] = if digits[0] >= 0x80 { &[0] } else { &[] };
    let length = u8::try_from(sign.len() + digits.len()).expect("33 bytes at most");
    [&[0x02, length], sign, digits].concat()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{ORDER, der, order_minus};

    #[test]
    fn what_is_taken_from_the_order_and_added_again_is_the_order() {
        let mut one = [0; 32];
        one[31] = 1;
        let mut before = ORDER;
        before[31] -= 1;
        assert_eq!(order_minus(&one), before);
        assert_eq!(order_minus(&before), one);
        assert_eq!(order_minus(&[0; 32]), ORDER);
    }

    #[test]
    fn der_has_no_byte_too_many_and_no_sign() {
        let mut small = [0; 32];
        small[31] = 0x7f;
        assert_eq!(der(&small, &small), [0x30, 6, 2, 1, 0x7f, 2, 1, 0x7f]);
        small[31] = 0x80;
        assert_eq!(der(&small, &[0; 32]), [0x30, 7, 2, 2, 0, 0x80, 2, 1, 0]);
    }
}
