//! Why the key ring cannot be used, and the remedy.

use crate::store::StoreError;

/// Why the key ring cannot be used. The text says how to mend it.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The folder or a file in it cannot be read or written.
    #[error(
        "--keys / BATON_KEYS, --master-key-file / BATON_MASTER_KEY_FILE: {path} cannot be {action}"
    )]
    File {
        /// The attempted action.
        action: &'static str,
        /// The path.
        path: String,
        /// The cause.
        source: std::io::Error,
    },
    /// Other users of this machine could read a private key, or put in one of their own.
    #[error(
        "--keys / BATON_KEYS, --master-key-file / BATON_MASTER_KEY_FILE: {path} is open to others (mode {mode:o}): run chmod go-rwx on it; a mounted secret may have mode 0440 if root owns it and a group of this process reads it"
    )]
    TooOpen {
        /// Which file or folder.
        path: String,
        /// Its mode.
        mode: u32,
    },
    /// A token could not be signed.
    #[error("a token could not be signed")]
    Unsigned,
    /// The database holds no ring.
    #[error(
        "--database / BATON_DATABASE: it holds no key ring yet: `baton serve` makes it on its first start"
    )]
    Missing,
    /// There is a master key that has been used, but no ring.
    #[error(
        "a master key is in use ({master_key}), but its key ring is not here, so no session is: name the database that Baton ran with before, or, if this one shall be a new one, pass --new-database at its first start"
    )]
    NoRing {
        /// Where the master key is.
        master_key: String,
    },
    /// There is a ring, but the master key that opens it is missing.
    #[error(
        "--keys / BATON_KEYS: the database holds a key ring, but {path} is not there to open it: copy it from where Baton ran first, or name the master key with --master-key-file"
    )]
    NoMasterKey {
        /// The path that was tried.
        path: String,
    },
    /// The text is no master key.
    #[error(
        "{place} holds no master key: 32 bytes in base64, as `openssl rand -base64 32` prints them"
    )]
    NotAMasterKey {
        /// Which file or variable.
        place: String,
    },
    /// A key was sealed with another master key, or changed since.
    #[error(
        "--keys / BATON_KEYS, --master-key-file / BATON_MASTER_KEY_FILE: the key {kid} in the database was sealed with another master key: use the one Baton ran with before"
    )]
    Sealed {
        /// Which key.
        kid: String,
    },
    /// All keys of a purpose have been revoked.
    #[error("no key is in use: all have been revoked, and none was made")]
    NoneInUse,
    /// No key has this id.
    #[error("the ring holds no key {kid:?}: `baton keys list` shows those it holds")]
    Unknown {
        /// The id.
        kid: String,
    },
    /// The key was revoked before.
    #[error("the key {kid} has been revoked already")]
    RevokedBefore {
        /// Its id.
        kid: String,
    },
    /// The ring could not be read or written.
    #[error("the key ring could not be read or written")]
    Store(#[from] StoreError),
}
