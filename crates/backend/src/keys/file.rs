//! Private keys on disk: mode 0600, made once even if several instances start together; or mounted by an
//! orchestrator.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};

use rustix::process::{getegid, getgroups};
use zeroize::Zeroizing;

use super::KeyError;
use crate::entropy::Entropy;

const PRIVATE_FILE: u32 = 0o600;
const PRIVATE_FOLDER: u32 = 0o700;
/// How orchestrators mount a secret: owned by root, readable by a group of the process.
const MOUNTED_FILE: u32 = 0o440;
const ROOT: u32 = 0;
/// No key file is longer.
const MOST_BYTES: usize = 4_096;

/// The content of `name` in `folder`. A missing file is made by `generate`, beside a marker that it is new.
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
    // A user who can write into the folder can put in a key of their own.
    let folder_mode =
        fs::metadata(folder).map_err(failed("read", folder))?.permissions().mode() & 0o777;
    if folder_mode & 0o022 != 0 {
        return Err(KeyError::TooOpen { path: folder.display().to_string(), mode: folder_mode });
    }
    read(&path)
}

/// Whether the file exists and has been used: it is not marked as new.
pub(super) fn is_used(folder: &Path, name: &str) -> bool {
    // In this order: the marker is made before the file.
    folder.join(name).exists() && !note_of_new(folder, name).exists()
}

/// Removes the marker of a new file, if there is one.
pub(super) fn note_used(folder: &Path, name: &str) -> Result<(), KeyError> {
    let note = note_of_new(folder, name);
    // On a read-only mount, as of a secret, removing fails even if there is no marker.
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

/// The content of a file that no other user can read.
pub(super) fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let file = File::open(path).map_err(failed("read", path))?;
    // Of the opened file: another one may have taken its name since.
    let metadata = file.metadata().map_err(failed("read", path))?;
    let mode = metadata.permissions().mode() & 0o777;
    let groups = || {
        let more = getgroups().unwrap_or_default();
        [getegid()].into_iter().chain(more).map(|group| group.as_raw()).collect::<Vec<u32>>()
    };
    if !is_private(mode, metadata.uid(), metadata.gid(), groups) {
        return Err(KeyError::TooOpen { path: path.display().to_string(), mode });
    }
    let mut content = Zeroizing::new(Vec::with_capacity(MOST_BYTES));
    // No more than fits: a vector that grows leaves a copy of the key behind.
    file.take(MOST_BYTES as u64).read_to_end(&mut content).map_err(failed("read", path))?;
    Ok(content)
}

/// Whether only this process's user, or root and a group of this process, can read a file.
fn is_private(mode: u32, owner: u32, group: u32, groups: impl FnOnce() -> Vec<u32>) -> bool {
    let is_owners = mode & 0o077 == 0;
    let is_mounted = mode & !MOUNTED_FILE == 0 && owner == ROOT;
    is_owners || (is_mounted && groups().contains(&group))
}

/// Writes a draft and links it to the name: a reader never sees half a key, and of two instances that start at once
/// the first to link wins.
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

/// A unique name: instances in containers may even have the same process id.
fn draft(folder: &Path, entropy: &Entropy) -> PathBuf {
    let unique: [u8; 8] = entropy.bytes();
    folder.join(format!(".draft-{:016x}", u64::from_be_bytes(unique)))
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> KeyError {
    let path = path.display().to_string();
    move |source| KeyError::File { action, path, source }
}

#[cfg(test)]
mod tests {
    use super::is_private;

    const ALICE: u32 = 1_000;
    const BATON: u32 = 2_000;

    fn is_read(mode: u32, owner: u32, group: u32) -> bool {
        is_private(mode, owner, group, || vec![BATON, 2_001])
    }

    #[test]
    fn a_file_of_its_owners_alone_is_private() {
        for mode in [0o600, 0o400, 0o700, 0o000] {
            assert!(is_read(mode, ALICE, ALICE), "{mode:o}");
        }
    }

    #[test]
    fn a_mounted_secret_is_roots_and_for_a_group_of_ours_and_nothing_wider() {
        assert!(is_read(0o440, 0, BATON) && is_read(0o040, 0, 2_001));
        assert!(!is_read(0o440, 0, ALICE), "another group");
        assert!(!is_read(0o440, ALICE, BATON), "its owner could change the mode");
        for mode in (0..=0o777).filter(|mode| mode & 0o077 != 0 && mode & !0o440 != 0) {
            assert!(!is_read(mode, 0, BATON), "{mode:o}");
        }
    }
}
