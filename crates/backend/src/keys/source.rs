//! Where the master key is, as the operator has configured it.

use std::fmt;
use std::path::PathBuf;

use shared::Secret;

/// The variable with the key itself. Never a flag: other users of the machine can read command lines.
pub(crate) const MASTER_KEY: &str = "BATON_MASTER_KEY";

/// The file that is made if no master key is configured.
pub const MASTER_KEY_FILE: &str = "master.key";

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
