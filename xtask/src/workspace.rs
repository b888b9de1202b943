//! The paths that more than one command needs, under the folder of the workspace.

use std::path::{Path, PathBuf};

/// The workspace that this program was built from.
pub(crate) struct Workspace {
    /// The folder of the top-level `Cargo.toml`.
    pub(crate) root: PathBuf,
}

impl Workspace {
    pub(crate) fn here() -> Self {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = manifest.parent().expect("xtask is a folder of the workspace");
        Self { root: root.to_path_buf() }
    }

    /// The browser tests and the Node packages.
    pub(crate) fn end2end(&self) -> PathBuf {
        self.root.join("end2end")
    }

    /// The libraries that the program is tried with.
    pub(crate) fn interop(&self) -> PathBuf {
        self.root.join("testing/interop")
    }

    /// The style sheet's sources and the static files.
    pub(crate) fn style(&self) -> PathBuf {
        self.root.join("style")
    }

    /// All build output. The contract promises the program and the site in this folder, so a target folder that the
    /// user has set for cargo is ignored.
    pub(crate) fn target(&self) -> PathBuf {
        self.root.join("target")
    }

    /// The bundle in two parts, as it is published.
    pub(crate) fn parts(&self) -> PathBuf {
        self.cache().join("parts")
    }

    /// The site that the server serves.
    pub(crate) fn site(&self) -> PathBuf {
        self.target().join("site")
    }

    /// xtask's cache between two runs.
    pub(crate) fn cache(&self) -> PathBuf {
        self.target().join("xtask")
    }

    /// The built server.
    pub(crate) fn program(&self, release: bool) -> PathBuf {
        let folder = if release { "release" } else { "debug" };
        self.target().join(folder).join("baton")
    }
}
