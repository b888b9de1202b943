//! What a session is on, as far as a browser says. It must not be taken for an identity: whoever has
//! a session's cookie can say the same.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a browser says it is, in a few words.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Device {
    /// The browser's name, such as `Firefox`; `unknown` if it does not say.
    pub browser: String,
    /// The operating system's name, such as `Linux`; `unknown` if it does not say.
    pub os: String,
    /// What kind of device it is.
    pub kind: DeviceKind,
}

/// What kind of device it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeviceKind {
    /// A computer with a keyboard.
    Desktop,
    /// A telephone, or a tablet.
    Mobile,
    /// A game console, a television set.
    Appliance,
    /// No browser: a script, a crawler.
    Program,
    /// It does not say, or this client was built too early to know.
    #[serde(other)]
    Unknown,
}

/// What is said of a browser or system that does not say.
pub const UNKNOWN: &str = "unknown";

impl Device {
    /// A device that says nothing.
    #[must_use]
    pub fn unknown() -> Self {
        Self { browser: UNKNOWN.to_owned(), os: UNKNOWN.to_owned(), kind: DeviceKind::Unknown }
    }
}

impl DeviceKind {
    /// The kind as it stands on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Desktop => "desktop",
            Self::Mobile => "mobile",
            Self::Appliance => "appliance",
            Self::Program => "program",
            Self::Unknown => UNKNOWN,
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let kinds = [Self::Desktop, Self::Mobile, Self::Appliance, Self::Program];
        kinds.into_iter().find(|kind| kind.as_str() == name).unwrap_or(Self::Unknown)
    }
}

/// As a person would say it: "Firefox on Linux".
impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.browser.as_str(), self.os.as_str()) {
            (UNKNOWN, UNKNOWN) => f.write_str("an unknown device"),
            (browser, UNKNOWN) => f.write_str(browser),
            (UNKNOWN, os) => write!(f, "an unknown browser on {os}"),
            (browser, os) => write!(f, "{browser} on {os}"),
        }
    }
}
