//! Classifies why a cookie was not kept, from observations of the page. Browsers refuse cookies silently, so a cause
//! is a guess. Pure.

/// Observations of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observed {
    /// `navigator.cookieEnabled`.
    pub cookies_enabled: bool,
    /// Whether `localStorage` is accessible. Chromium blocks a site's data together with its cookies, while its
    /// `navigator.cookieEnabled` stays true.
    pub storage_allowed: bool,
    /// `isSecureContext`: whether browsers count the page as delivered securely.
    pub secure_context: bool,
    /// Whether the page came over https.
    pub over_https: bool,
    /// Whether a cookie set by the page could be read back.
    pub probe_kept: bool,
}

/// The most certain cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoCookie {
    /// The browser reports that cookies are off for this page.
    SwitchedOff,
    /// The browser refuses the page all other storage too.
    AllDataBlocked,
    /// The page is not a secure context, and the cookies of a login are `Secure` (RFC 10025).
    NotSecure,
    /// The page came over http from this computer. Some browsers keep a `Secure` cookie then, some do not.
    PlainHttp,
    /// The page's own cookie is kept, that of the login is not.
    OfTheLogin,
    /// No cookie is kept, and no observation tells why.
    NotSaid,
}

impl NoCookie {
    /// The most certain cause comes first.
    #[must_use]
    pub const fn given(observed: Observed) -> Self {
        match observed {
            Observed { cookies_enabled: false, .. } => Self::SwitchedOff,
            Observed { probe_kept: true, secure_context: true, .. } => Self::OfTheLogin,
            Observed { storage_allowed: false, .. } => Self::AllDataBlocked,
            Observed { secure_context: false, .. } => Self::NotSecure,
            Observed { over_https: false, .. } => Self::PlainHttp,
            Observed { .. } => Self::NotSaid,
        }
    }
}
