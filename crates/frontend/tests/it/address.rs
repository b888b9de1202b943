//! Which spellings may be the same email address: the server shows its canonical one.

use frontend::session::address::{is_one, may_be_one};

#[test]
fn letter_case_and_the_space_around_it_make_no_other_address() {
    assert!(is_one(" Ada@Example.org ", "ada@example.org"));
    assert!(is_one("ADA@BÜCHER.example", "ada@bücher.example"));
    assert!(!is_one("ada@example.org", "grace@example.org"));
    assert!(!is_one("ada@xn--bcher-kva.example", "ada@bücher.example"));
}

#[test]
fn a_domain_may_be_shown_in_its_own_script() {
    for typed in ["ada@xn--bcher-kva.example", "Ada@BÜCHER.example", "ada@bu\u{308}cher.example"] {
        assert!(may_be_one(typed, "ada@bücher.example"), "{typed}");
        assert!(!may_be_one(typed, "grace@bücher.example"), "{typed}");
        assert!(!may_be_one(typed, "adá@bücher.example"), "{typed}");
    }
    // Fullwidth letters are ASCII to IDNA.
    assert!(may_be_one("ada@\u{ff45}xample.org", "ada@example.org"));
}

#[test]
fn a_local_part_may_be_shown_in_another_normalization_form() {
    assert!(may_be_one("rene\u{301}@example.org", "ren\u{e9}@example.org"));
    assert!(!may_be_one("rene@example.org", "ren\u{e9}@example.org"));
}

#[test]
fn what_is_ascii_is_spelled_in_one_way() {
    assert!(may_be_one("Ada@Example.org", "ada@example.org"));
    assert!(!may_be_one("ada@example.org", "ada@example.com"));
    for no_address in ["", "ada", "@"] {
        assert!(!may_be_one(no_address, "ada@example.org"), "{no_address:?}");
        assert!(may_be_one(no_address, no_address), "{no_address:?}");
    }
}
