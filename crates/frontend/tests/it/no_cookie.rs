//! A browser that keeps no cookies: its classification, and messages that claim no more than was observed.

use frontend::messages::{ends_at, no_login_lasts};
use frontend::session::no_cookie::{NoCookie, Observed};

/// A page over https in a browser that reports cookies as enabled, and kept none.
const SEEN: Observed = Observed {
    cookies_enabled: true,
    storage_allowed: true,
    secure_context: true,
    over_https: true,
    probe_kept: false,
};

const ALL: [NoCookie; 6] = [
    NoCookie::SwitchedOff,
    NoCookie::AllDataBlocked,
    NoCookie::NotSecure,
    NoCookie::PlainHttp,
    NoCookie::OfTheLogin,
    NoCookie::NotSaid,
];

#[test]
fn what_is_known_is_what_was_seen_the_surest_first() {
    assert_eq!(NoCookie::given(SEEN), NoCookie::NotSaid);
    assert_eq!(NoCookie::given(Observed { over_https: false, ..SEEN }), NoCookie::PlainHttp);
    assert_eq!(NoCookie::given(Observed { probe_kept: true, ..SEEN }), NoCookie::OfTheLogin);
    let insecure = Observed { secure_context: false, over_https: false, ..SEEN };
    assert_eq!(NoCookie::given(insecure), NoCookie::NotSecure);
    let blocked = Observed { storage_allowed: false, ..insecure };
    assert_eq!(NoCookie::given(blocked), NoCookie::AllDataBlocked);
    let off = Observed { cookies_enabled: false, ..blocked };
    assert_eq!(NoCookie::given(off), NoCookie::SwitchedOff);
}

#[test]
fn http_is_not_blamed_where_a_cookie_of_the_page_was_kept_over_it() {
    let kept = Observed { over_https: false, probe_kept: true, ..SEEN };
    assert_eq!(NoCookie::given(kept), NoCookie::OfTheLogin);
}

#[test]
fn each_case_has_a_remedy_of_its_own_before_a_login_and_after_it() {
    for (index, why) in ALL.iter().enumerate() {
        let (before, after) = (no_login_lasts(*why), ends_at(*why, "14:05"));
        assert!(after.contains("14:05"), "{after}");
        for other in &ALL[index + 1..] {
            assert_ne!(before, no_login_lasts(*other));
            assert_ne!(after, ends_at(*other, "14:05"));
        }
    }
}

#[test]
fn a_browser_is_named_only_as_a_possibility() {
    for why in ALL {
        let text = no_login_lasts(why);
        assert_eq!(text.contains("Safari"), why == NoCookie::PlainHttp, "{text}");
    }
    assert!(no_login_lasts(NoCookie::PlainHttp).contains("In others, allow cookies"));
}
