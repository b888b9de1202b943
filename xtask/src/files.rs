//! Files of a folder in a fixed order, and hashes over their content.

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Every file under `folder`, sorted, except below folders that `skip` names.
pub(crate) fn under(folder: &Path, skip: &[&str]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    collect(folder, skip, &mut found)?;
    found.sort();
    Ok(found)
}

fn collect(folder: &Path, skip: &[&str], found: &mut Vec<PathBuf>) -> Result<()> {
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("the folder {} cannot be read", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            let name = entry.file_name();
            if !skip.iter().any(|skipped| name == *skipped) {
                collect(&entry.path(), skip, found)?;
            }
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
    Ok(())
}

/// The file's bytes, or an error that names it.
pub(crate) fn read(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))
}

/// `file` as UTF-8 text, or an error that names it.
pub(crate) fn read_text(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))
}

/// SHA-256 in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A hash over names and contents, the key of xtask's build caches. The order of additions counts.
#[derive(Default)]
pub(crate) struct Fingerprint(Sha256);

impl Fingerprint {
    pub(crate) fn add(&mut self, name: &str, content: &[u8]) {
        // Hashing the lengths keeps two neighbours distinct from one.
        for part in [name.as_bytes(), content] {
            self.0.update((part.len() as u64).to_le_bytes());
            self.0.update(part);
        }
    }

    /// Adds a file, or every file under a folder without its `skip` folders; a missing file counts as absent.
    pub(crate) fn add_path(&mut self, path: &Path, skip: &[&str]) -> Result<()> {
        let files = if path.is_dir() { under(path, skip)? } else { vec![path.to_path_buf()] };
        for file in files.iter().filter(|file| file.is_file()) {
            self.add(&file.to_string_lossy(), &read(file)?);
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_sees_where_a_name_ends() {
        let of = |name: &str, content: &[u8]| {
            let mut fingerprint = Fingerprint::default();
            fingerprint.add(name, content);
            fingerprint.finish()
        };
        assert_ne!(of("ab", b"c"), of("a", b"bc"));
        assert_eq!(of("ab", b"c"), of("ab", b"c"));
    }
}
