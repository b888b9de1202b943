//! Message for a page that the server's CSRF check refuses, because it is open at another origin than the accepted
//! one.

/// Why the server refused a page at `here`, although it accepts calls from `accepted`, and which address to open.
#[must_use]
pub fn why_not_from_here(accepted: &str, here: &str, path: &str) -> String {
    if accepted == here {
        format!(
            "This page is open where it should be, at {accepted}, but the call that arrived did not say so: it \
             was changed between this page and the server."
        )
    } else {
        format!(
            "This page is open at {here}, and the server takes calls from {accepted} alone. Open {accepted}{path} instead."
        )
    }
}
