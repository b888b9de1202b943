//! Tickets: one spelling, recomputable, not forgeable.

use rotation::ticket::TICKET_CHARACTERS;
use rotation::{Generation, RefreshKey, Seed, Ticket, UnverifiedTicket};
use types::SessionId;

const SESSION: SessionId = SessionId::from_bytes([7; 16]);

fn key(byte: u8) -> RefreshKey {
    RefreshKey::from_bytes([byte; 32])
}

fn seed(byte: u8) -> Seed {
    Seed::from_bytes([byte; 32])
}

fn issued(generation: u32) -> String {
    Ticket::issue(&key(1), &seed(2), SESSION, Generation(generation)).encode()
}

fn verifies(text: &str, key: &RefreshKey, seed: &Seed) -> bool {
    UnverifiedTicket::parse(text).is_some_and(|ticket| ticket.verify(key, seed).is_some())
}

/// Computed independently with Python's `hmac`, `hashlib` and `base64`.
#[test]
fn the_format_is_the_documented_one() {
    assert_eq!(
        issued(258),
        "AQcHBwcHBwcHBwcHBwcHBwcAAAECzgpLs5Yg4ZxREooDbSfrc_6cEpLnz2D_8QuY4gbCn1k"
    );
}

#[test]
fn a_ticket_comes_back_as_it_went_out() {
    let text = issued(42);
    assert_eq!(text.len(), TICKET_CHARACTERS);
    assert_eq!(TICKET_CHARACTERS, 71);
    let unverified = UnverifiedTicket::parse(&text).expect("a ticket");
    assert_eq!(unverified.session(), SESSION);
    let ticket = unverified.verify(&key(1), &seed(2)).expect("authentic");
    assert_eq!(ticket.generation(), Generation(42));
    assert_eq!(ticket.encode(), text);
}

#[test]
fn the_same_ticket_is_computed_again_and_every_other_differs() {
    assert_eq!(issued(1), issued(1));
    assert_ne!(issued(1), issued(2));
    let other_seed = Ticket::issue(&key(1), &seed(3), SESSION, Generation(1)).encode();
    let other_key = Ticket::issue(&key(3), &seed(2), SESSION, Generation(1)).encode();
    let other_session =
        Ticket::issue(&key(1), &seed(2), SessionId::from_bytes([8; 16]), Generation(1)).encode();
    assert!(![other_seed, other_key, other_session].contains(&issued(1)));
}

#[test]
fn forging_needs_both_the_servers_key_and_the_sessions_seed() {
    assert!(verifies(&issued(1), &key(1), &seed(2)));
    assert!(!verifies(&issued(1), &key(9), &seed(2)));
    assert!(!verifies(&issued(1), &key(1), &seed(9)));
}

#[test]
fn changing_any_character_is_noticed() {
    let text = issued(1);
    for (index, original) in text.char_indices() {
        for replacement in ['A', 'B', '-', '_', '9'] {
            if replacement == original {
                continue;
            }
            let mut forged = text.clone();
            forged.replace_range(index..=index, &replacement.to_string());
            assert!(
                !verifies(&forged, &key(1), &seed(2)),
                "character {index} became {replacement}"
            );
        }
    }
}

#[test]
fn a_ticket_has_one_spelling() {
    let text = issued(1);
    let cut = &text[..text.len() - 1];
    for not_a_ticket in [
        String::new(),
        format!("{text}="),
        format!("{text}A"),
        format!(" {text}"),
        cut.to_owned(),
        // 53 bytes leave two trailing bits in the last character: only zeros are a spelling.
        format!("{cut}{}", successor(text.chars().last().expect("71 characters"))),
        "A".repeat(71),
        "%".repeat(71),
        "é".repeat(71),
    ] {
        assert!(UnverifiedTicket::parse(&not_a_ticket).is_none(), "{not_a_ticket}");
    }
}

fn successor(character: char) -> char {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let index = ALPHABET.find(character).expect("base64url");
    char::from(ALPHABET.as_bytes()[index + 1])
}

#[test]
fn generation_zero_is_never_a_ticket() {
    assert!(UnverifiedTicket::parse(&issued(0)).is_none());
}

#[test]
fn the_last_generation_has_no_successor() {
    assert_eq!(Generation(u32::MAX).successor(), None);
    assert_eq!(Generation::NONE.successor(), Some(Generation::FIRST));
}

#[test]
fn a_seed_is_stored_as_it_is() {
    assert_eq!(seed(5).as_bytes(), &[5; 32]);
}
