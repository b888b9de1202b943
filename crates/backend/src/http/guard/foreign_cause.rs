//! Why the CSRF check refuses a call.

/// Why a call counts as cross-site. For the log, which does not quote input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignCause {
    /// `Origin` names another origin: another site, or a page at another address of ours.
    Origin,
    /// `Origin` is `null`: a sandboxed page, a file, or a browser that hides it.
    OpaqueOrigin,
    /// `Sec-Fetch-Site` is cross-site.
    FetchSite,
    /// A header is repeated, or is not text.
    Unreadable,
}

impl ForeignCause {
    /// The text for the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Origin => "another origin",
            Self::OpaqueOrigin => "origin null",
            Self::FetchSite => "sec-fetch-site",
            Self::Unreadable => "unreadable headers",
        }
    }
}
