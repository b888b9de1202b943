//! Private keys on disk: mode 0600, made once, whichever of several instances comes first. It must
//! not know what the bytes mean.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::KeyError;
use crate::entropy::Entropy;

const PRIVATE_FILE: u32 = 0o600;
const PRIVATE_FOLDER: u32 = 0o700;

/// The content of `name` in `folder`; made by `generate` if it is not there yet, beside a note that it is new.
pub(super) fn read_or_make(
    folder: &Path,
    name: &str,
    entropy: &Entropy,
    generate: impl FnOnce() -> Zeroizing<Vec<u8>>,
) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let path = folder.join(name);
    if !path.exists() {
        DirBuilder::new()
            .recursive(true)
            .mode(PRIVATE_FOLDER)
            .create(folder)
            .map_err(failed("made", folder))?;
        let note = note_of_new(folder, name);
        let mut options = OpenOptions::new();
        let noted = options.write(true).create(true).truncate(false).mode(PRIVATE_FILE).open(&note);
        noted.map_err(failed("written", &note))?;
        make(&draft(folder, entropy), &path, &generate()).map_err(failed("written", &path))?;
    }
    // Whoever can write into the folder can put a key of their own there.
    let folder_mode = mode(folder)?;
    if folder_mode & 0o022 != 0 {
        return Err(KeyError::TooOpen { path: folder.display().to_string(), mode: folder_mode });
    }
    read(&path)
}

/// Whether the file is there and has been used: it is not noted as new.
pub(super) fn is_used(folder: &Path, name: &str) -> bool {
    // In this order: the note is made before the file.
    folder.join(name).exists() && !note_of_new(folder, name).exists()
}

/// Removes the note that the file is new, if there is one.
pub(super) fn note_used(folder: &Path, name: &str) -> Result<(), KeyError> {
    let note = note_of_new(folder, name);
    // Where nothing can be written, as in a mounted secret, removing fails even if there is nothing to remove.
    if !note.exists() {
        return Ok(());
    }
    match fs::remove_file(&note) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(failed("removed", &note)(error))
        }
        _ => Ok(()),
    }
}

fn note_of_new(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.new"))
}

/// The content of a file that only its owner can read.
pub(super) fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let mode = mode(path)?;
    if mode & 0o077 != 0 {
        return Err(KeyError::TooOpen { path: path.display().to_string(), mode });
    }
    fs::read(path).map(Zeroizing::new).map_err(failed("read", path))
}

fn mode(path: &Path) -> Result<u32, KeyError> {
    Ok(fs::metadata(path).map_err(failed("read", path))?.permissions().mode() & 0o777)
}

/// Writes beside the name and links it there whole: a reader never sees half a key, and of two
/// instances that start at once the first to link wins.
fn make(draft: &Path, path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(PRIVATE_FILE).open(draft)?;
    file.write_all(content)?;
    file.sync_all()?;
    let linked = fs::hard_link(draft, path);
    fs::remove_file(draft)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all()),
    }
}

/// A name nobody else drafts under: instances in containers may even have the same process id.
fn draft(folder: &Path, entropy: &Entropy) -> PathBuf {
    let unique: [u8; 8] = entropy.bytes();
    folder.join(format!(".draft-{:016x}", u64::from_be_bytes(unique)))
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> KeyError {
    let path = path.display().to_string();
    move |source| KeyError::File { action, path, source }
}
