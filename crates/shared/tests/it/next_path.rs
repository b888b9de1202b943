//! Open redirects: which paths may follow a login.

use shared::path::{ACCOUNT_PAGE, safe_next};

#[test]
fn a_path_on_this_origin_is_followed() {
    assert_eq!(safe_next(Some("/account?tab=keys#top")), "/account?tab=keys#top");
}

#[test]
fn anything_that_could_leave_this_origin_is_not() {
    for next in [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "account",
        "",
        // The login pages and the API are no destinations.
        "/login",
        "/login?next=%2Flogin",
        "/register#top",
        "/api/me",
    ] {
        assert_eq!(safe_next(Some(next)), ACCOUNT_PAGE, "{next:?}");
    }
    assert_eq!(safe_next(None), ACCOUNT_PAGE);
}
