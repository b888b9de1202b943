//! The device of a session, as a browser reports it. It must not serve as authentication: a thief with the session's
//! cookie can report the same.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A browser's report about itself, in a few words.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Device {
    /// The browser's name, such as `Firefox`, or `unknown`.
    pub browser: String,
    /// The operating system's name, such as `Linux`, or `unknown`.
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
    /// A script or a crawler, not a browser.
    Program,
    /// Not reported, or newer than this client.
    #[serde(other)]
    Unknown,
}

/// Stands for a browser or system that is not reported.
pub const UNKNOWN: &str = "unknown";

impl Device {
    /// A device without a report.
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

/// For people: "Firefox on Linux".
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
