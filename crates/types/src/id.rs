//! Ids of users, sessions and events. They are no credentials: a session id may be shown and logged. Generating one
//! needs a clock and randomness, and so is the server's part.

/// Declares a type of ids: a UUID (RFC 9562) that is written as text, and never taken for an id of another type. The
/// crate that uses it depends on `serde` and `uuid`.
///
/// ```
/// types::id! {
///     /// An invoice.
///     InvoiceId
/// }
///
/// let id: InvoiceId = "01890a5d-ac96-774b-bcce-b302099a8057".parse()?;
/// assert_eq!(serde_json::to_string(&id)?, "\"01890a5d-ac96-774b-bcce-b302099a8057\"");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[macro_export]
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize,
            ::serde::Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(::uuid::Uuid);

        impl $name {
            /// From its 16 bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(::uuid::Uuid::from_bytes(bytes))
            }

            /// Its 16 bytes, in network order.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(self.0.as_hyphenated(), f)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                ::uuid::Uuid::try_parse(text).map(Self)
            }
        }
    };
}

id! {
    /// A user: `sub` in access tokens. UUID version 7 (RFC 9562 section 5.7).
    UserId
}
id! {
    /// A session, and its family of refresh tokens: `sid` in access tokens. UUID version 7.
    SessionId
}

id! {
    /// A security event. UUID version 7, so that events sort by their ids.
    EventId
}
