//! One asset of the site: named after its content, so that a browser may cache it for ever, and compressed once, so
//! that the server never has to.

use crate::files;
use anyhow::{Context, Result};
use std::io::Write;
use std::path::Path;

/// The compression settings; changing them invalidates cached copies.
pub(crate) const COMPRESSION: &str = "brotli 11, window 22; gzip 9";

/// A file to be written into `assets/`.
pub(crate) struct Asset {
    /// `<stem>-<first 16 hexadecimal digits of SHA-256>.<extension>`
    pub(crate) name: String,
    pub(crate) content: Vec<u8>,
}

impl Asset {
    /// `name` is the file's plain name.
    pub(crate) fn new(name: &str, content: Vec<u8>) -> Self {
        let hash = files::sha256(&content);
        let hash = &hash[..16];
        let name = match name.rsplit_once('.') {
            Some((stem, extension)) => format!("{stem}-{hash}.{extension}"),
            None => format!("{name}-{hash}"),
        };
        Self { name, content }
    }

    /// The path of its URL.
    pub(crate) fn path(&self) -> String {
        format!("/assets/{}", self.name)
    }

    /// Whether it was made from the file called `plain`.
    pub(crate) fn is(&self, plain: &str) -> bool {
        let (stem, extension) = plain.rsplit_once('.').unwrap_or((plain, ""));
        let hash = self.name.strip_prefix(stem).and_then(|rest| rest.strip_prefix('-'));
        hash.and_then(|rest| rest.strip_suffix(extension)).is_some_and(|rest| rest.len() == 17)
    }

    /// Writes it and its compressed copies into `folder`; cached copies come from `previous`: equal names are equal
    /// contents.
    pub(crate) fn write(&self, folder: &Path, previous: Option<&Path>) -> Result<()> {
        let write = |name: &str, content: &[u8]| {
            let file = folder.join(name);
            std::fs::write(&file, content)
                .with_context(|| format!("{} cannot be written", file.display()))
        };
        write(&self.name, &self.content)?;
        for (ending, compress) in COMPRESSORS {
            let name = format!("{}.{ending}", self.name);
            let known = previous.and_then(|folder| std::fs::read(folder.join(&name)).ok());
            let compressed = known.map_or_else(|| compress(&self.content), Ok)?;
            write(&name, &compressed)?;
        }
        Ok(())
    }
}

/// Whether this is the name of a compressed copy.
pub(crate) fn is_compressed(name: &str) -> bool {
    COMPRESSORS.iter().any(|(ending, _)| name.ends_with(&format!(".{ending}")))
}

type Compressor = fn(&[u8]) -> Result<Vec<u8>>;

const COMPRESSORS: [(&str, Compressor); 2] = [("br", brotli), ("gz", gzip)];

fn brotli(content: &[u8]) -> Result<Vec<u8>> {
    let mut compressed = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut compressed, 64 * 1024, 11, 22);
    writer.write_all(content)?;
    writer.flush()?;
    drop(writer);
    Ok(compressed)
}

fn gzip(content: &[u8]) -> Result<Vec<u8>> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(content)?;
    Ok(writer.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Folder;
    use std::io::Read;

    #[test]
    fn the_name_holds_a_hash_of_the_content() {
        let asset = Asset::new("baton.css", b"abc".to_vec());
        assert_eq!(asset.path(), "/assets/baton-ba7816bf8f01cfea.css");
        assert!(asset.is("baton.css"));
        assert!(!Asset::new("baton-dark.css", b"abc".to_vec()).is("baton.css"));
    }

    #[test]
    fn the_copies_hold_the_same_content() {
        let content = b"rotate and rotate and rotate".repeat(50);
        let mut unzipped = Vec::new();
        let zipped = gzip(&content).expect("memory only");
        flate2::read::GzDecoder::new(&*zipped).read_to_end(&mut unzipped).expect("it is gzip");
        assert_eq!(unzipped, content);
        let mut expanded = Vec::new();
        let compressed = brotli(&content).expect("memory only");
        brotli::Decompressor::new(&*compressed, 4096)
            .read_to_end(&mut expanded)
            .expect("it is brotli");
        assert_eq!(expanded, content);
    }

    #[test]
    fn what_is_compressed_already_is_taken_over() {
        let (new, old) = (Folder::new("asset-new"), Folder::new("asset-old"));
        let asset = Asset::new("a.js", b"x".to_vec());
        old.write(&format!("{}.br", asset.name), "from before");
        asset.write(&new.0, Some(&old.0)).expect("both folders are there");
        assert_eq!(new.read(&format!("{}.br", asset.name)), "from before");
        assert!(new.0.join(format!("{}.gz", asset.name)).is_file());
    }
}
