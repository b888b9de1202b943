//! Why a page is refused that is open at another address of the server than the one it is known by. It must not know
//! where it is open.

/// Why a page at `here` was refused where calls are taken from `accepted` alone, and where to go on.
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
