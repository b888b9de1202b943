//! A temporary folder for one test.

use std::path::PathBuf;

/// A temporary folder, removed with the test.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let name = format!("baton-xtask-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("the temporary folder is writable");
        Self(folder)
    }

    pub(crate) fn write(&self, name: &str, content: &str) {
        let file = self.0.join(name);
        let parent = file.parent().expect("it is inside the folder");
        std::fs::create_dir_all(parent).expect("the temporary folder is writable");
        std::fs::write(file, content).expect("the temporary folder is writable");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).expect("the file is there")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}
