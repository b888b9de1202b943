//! Settings of the key ring: where its master key is, and how its keys are rotated.

use std::fmt;
use std::path::PathBuf;

use rotation::Policy;
use shared::Secret;

use super::{ConfigError, KeysArgs, LONGEST, LifeArgs, seconds};
use crate::keys::KeyPlan;
use crate::keys::master::MASTER_KEY_FILE;

/// Never a flag: other users of the machine can read command lines.
const MASTER_KEY: &str = "BATON_MASTER_KEY";

/// Where the master key is.
#[derive(Clone)]
pub enum MasterKeySource {
    /// The key itself, in base64.
    Text(Secret),
    /// A file from the operator.
    File(PathBuf),
    /// A file of ours in this folder.
    Folder(PathBuf),
}

impl MasterKeySource {
    /// Where it is, for messages.
    #[must_use]
    pub fn place(&self) -> String {
        match self {
            Self::Text(_) => MASTER_KEY.to_owned(),
            Self::File(path) => path.display().to_string(),
            Self::Folder(folder) => folder.join(MASTER_KEY_FILE).display().to_string(),
        }
    }
}

impl fmt::Debug for MasterKeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => f.write_str("Text(..)"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Folder(path) => f.debug_tuple("Folder").field(path).finish(),
        }
    }
}

impl TryFrom<&KeysArgs> for MasterKeySource {
    type Error = ConfigError;

    fn try_from(args: &KeysArgs) -> Result<Self, ConfigError> {
        match (environment::secret(MASTER_KEY)?, &args.master_key_file) {
            (Some(_), Some(_)) => Err(ConfigError::new(
                "--master-key-file",
                format!("is set, and so is {MASTER_KEY}: leave one out"),
            )),
            (Some(text), None) => Ok(Self::Text(Secret::new(text))),
            (None, Some(file)) => Ok(Self::File(file.clone())),
            (None, None) => Ok(Self::Folder(args.keys.clone())),
        }
    }
}

impl TryFrom<&LifeArgs> for KeyPlan {
    type Error = ConfigError;

    fn try_from(life: &LifeArgs) -> Result<Self, ConfigError> {
        let (jwks_cache, access_token) = (life.jwks_cache_seconds, life.access_token_seconds);
        let plan = Self {
            jwks_cache_seconds: seconds("--jwks-cache-seconds", jwks_cache, LONGEST.jwks_cache)?,
            // A pending key's row holds when it will sign, whether or not the setting changes until then.
            rotation_seconds: seconds(
                "--key-rotation-seconds",
                life.key_rotation_seconds,
                LONGEST.session_absolute,
            )?,
            access_token_seconds: seconds(
                "--access-token-seconds",
                access_token,
                LONGEST.access_token,
            )?,
            session_seconds: Policy::try_from(life)?.absolute_seconds,
        };
        if plan.rotation_seconds <= plan.ahead_seconds() {
            return Err(ConfigError::new(
                "--key-rotation-seconds",
                format!(
                    "must be more than {}: a key is published that long before it signs (--jwks-cache-seconds and a minute)",
                    plan.ahead_seconds()
                ),
            ));
        }
        Ok(plan)
    }
}
