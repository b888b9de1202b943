//! The settings that are leased, by their stored names.

/// A setting that determines how long tokens, caches, sessions or events live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// How long an access token lives.
    AccessToken,
    /// How long services may cache the JWKS.
    JwksCache,
    /// Expiry of a session without a refresh.
    SessionIdle,
    /// Expiry of a session.
    SessionAbsolute,
    /// How long security events of users are kept.
    EventRetention,
}

impl Lifetime {
    /// The name as stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessToken => "access_token",
            Self::JwksCache => "jwks_cache",
            Self::SessionIdle => "session_idle",
            Self::SessionAbsolute => "session_absolute",
            Self::EventRetention => "event_retention",
        }
    }

    /// The setting of this name. `None` for one that a newer version has stored.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let all = [
            Self::AccessToken,
            Self::JwksCache,
            Self::SessionIdle,
            Self::SessionAbsolute,
            Self::EventRetention,
        ];
        all.into_iter().find(|setting| setting.as_str() == name)
    }

    /// Whether tokens and caches outlive the instance that issued under it. The other settings are rules that an
    /// instance follows while it runs.
    pub(super) const fn outlives_its_instance(self) -> bool {
        matches!(self, Self::AccessToken | Self::JwksCache)
    }
}
