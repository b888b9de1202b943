//! What a page can find out about a cookie that its browser did not keep. Browsers refuse one silently: what is known is
//! that it is not there, and a few facts about the page. It must not ask the browser, or say anything to the user.

/// What a page has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observed {
    /// `navigator.cookieEnabled`.
    pub cookies_enabled: bool,
    /// Whether `localStorage` may be looked at. Chromium blocks a site's data together with its cookies, while its
    /// `navigator.cookieEnabled` stays true.
    pub storage_allowed: bool,
    /// `isSecureContext`: whether browsers count the page as securely delivered.
    pub secure_context: bool,
    /// Whether the page came over https.
    pub over_https: bool,
    /// Whether a cookie that the page itself set was there to be read.
    pub probe_kept: bool,
}

/// What is known about a cookie that was not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoCookie {
    /// The browser says that cookies are switched off for this page.
    SwitchedOff,
    /// The browser refuses the page all other storage as well.
    AllDataBlocked,
    /// The page was not securely delivered, and the cookies of a login are `Secure` (RFC 10025).
    NotSecure,
    /// The page came over http from this computer. Some browsers keep a `Secure` cookie then, some do not.
    PlainHttp,
    /// The page's own cookie is kept, that of the login is not.
    OfTheLogin,
    /// None is kept, and nothing says why.
    NotSaid,
}

impl NoCookie {
    /// The surest of what is known comes first.
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
