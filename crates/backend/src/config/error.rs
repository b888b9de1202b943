//! A wrong setting, by the names of its flag and its variable, with its remedy.

use environment::VariableError;

/// A wrong setting: which one, and how to mend it.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{setting}: {remedy}")]
pub struct ConfigError {
    setting: String,
    remedy: String,
}

impl ConfigError {
    /// Names a setting, by its flag and its variable, and the remedy.
    pub fn new(flag: &str, remedy: impl Into<String>) -> Self {
        let setting = format!("{flag} / {}", variable_of(flag));
        Self { setting, remedy: remedy.into() }
    }
}

impl From<VariableError> for ConfigError {
    fn from(VariableError { setting, flaw }: VariableError) -> Self {
        Self { setting, remedy: flaw.to_owned() }
    }
}

/// The variable of a flag: `BATON_TRUSTED_PROXIES` of `--trusted-proxies`.
fn variable_of(flag: &str) -> String {
    let words = flag.trim_start_matches('-').replace('-', "_");
    format!("BATON_{}", words.to_ascii_uppercase())
}
