//! The password rule (SP 800-63B-4, ASVS V6.2), on whole passwords.

use shared::password::{MAX_CHARACTERS, Strength, Weakness, assess, context_of};

fn context() -> [&'static str; 3] {
    context_of(" alice@example.com ", " Alice Liddell ")
}

#[test]
fn length_is_counted_in_characters_not_bytes() {
    assert_eq!(assess("kurz", &[]), Err(Weakness::TooShort(4)));
    assert_eq!(
        assess("ÄÖÜäöüßéèêëñçøå".get(..26).expect("13 letters"), &[]),
        Err(Weakness::TooShort(13))
    );
    assert!(assess("vexed ütterly b", &[]).is_ok());
    assert!(assess("fourteen chrs!", &[]).is_err());
}

#[test]
fn a_passphrase_needs_no_digits_capitals_or_symbols() {
    assert!(assess("velvet otter under glass", &context()).is_ok());
    assert_eq!(assess("plinth quokka ember vowel tundra", &context()), Ok(Strength::Strong));
}

#[test]
fn long_passwords_are_taken_whole() {
    let long: String = "plinth quokka ember vowel ".chars().cycle().take(MAX_CHARACTERS).collect();
    assert!(assess(&long, &[]).is_ok());
    assert_eq!(assess(&format!("{long}x"), &[]), Err(Weakness::TooLong));
}

#[test]
fn passwords_many_people_use_are_refused() {
    for common in
        ["1q2w3e4r5t6y7u8i9o0p", "1QAZ2WSX3EDC4RFV", "qazwsxedcrfvtgb", "manchesterunited"]
    {
        assert!(assess(common, &[]).is_err(), "{common}");
    }
}

#[test]
fn a_few_guessable_pieces_are_refused() {
    for predictable in [
        "passwordpassword",
        "p@sswordp@ssword1",
        "123456789012345",
        "aaaaaaaaaaaaaaaaaaaa",
        "abcdefghijklmnopqrstuvwxyz",
        "qwertyuiopasdfghjkl",
        "lkjhgfdsapoiuytrewq",
        "iloveyouforever1",
        "sunshinedragonmonkey",
        "abcabcabcabcabcabc",
    ] {
        assert_eq!(
            assess(predictable, &[]).err().map(Weakness::code).map(|code| code.starts_with("too_")),
            Some(true),
            "{predictable}"
        );
    }
}

#[test]
fn words_of_the_account_and_the_service_do_not_count() {
    for contextual in [
        "alice@example.com",
        "alice@example.com1",
        "Alice Liddell 1",
        "baton-baton-baton",
        "alicealicealice1",
    ] {
        assert_eq!(assess(contextual, &context()), Err(Weakness::Predictable), "{contextual}");
    }
    // The same words pass outside their context, or with enough other characters.
    assert!(assess("Alice Liddell 1", &[]).is_ok());
    assert!(assess("alice plays the ocarina", &context()).is_ok());
}

#[test]
fn every_line_of_the_common_list_is_found() {
    let list = include_str!("../../src/password/common.txt");
    let long: Vec<&str> = list.lines().filter(|word| word.chars().count() >= 15).collect();
    assert!(list.lines().count() >= 3_000 && long.len() >= 20);
    for word in long {
        assert_eq!(assess(word, &[]), Err(Weakness::Common), "{word}");
    }
    // Shorter ones count as pieces: three of them never pass.
    for word in list.lines().filter(|word| (5..=10).contains(&word.len())) {
        assert!(assess(&format!("{word}monkeydragon"), &[]).is_err(), "{word}");
    }
}
