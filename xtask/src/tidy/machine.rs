//! No file names a folder of the machine on which it was written: the path would be wrong on every other machine.

use super::source::is_name_part;
use super::tree::{Finding, Tree, lines_with};

/// Concatenated here, so that this file passes its own rule.
const FOLDERS: [&str; 3] = [concat!("/", "work/"), concat!("/", "root/"), concat!("/", "tmp/")];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    // Within a URL or a longer path it is another folder.
    let is_absolute = |before: Option<char>| {
        before
            .is_none_or(|it| !is_name_part(it) && !matches!(it, '.' | '-' | '~' | '}' | '*' | '>'))
    };
    let mut findings = Vec::new();
    for file in &tree.files {
        for folder in FOLDERS {
            for line in lines_with(&file.text, folder, is_absolute) {
                let message = format!("names {folder}, a folder of one machine");
                findings.push(Finding::new(&file.path, line, message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_path_passes() {
        let text = format!("cd target{} && open https://example.org{}", FOLDERS[2], FOLDERS[0]);
        assert_eq!(check(&Tree::of(&[("README.md", &text)])), []);
    }

    #[test]
    fn a_path_of_one_machine_is_found() {
        let text = format!("first\nopen \"{}x\"\n", FOLDERS[0]);
        let findings = check(&Tree::of(&[("end2end/a.ts", &text)]));
        assert_eq!(findings.len(), 1);
        assert!(findings[0].to_string().starts_with("end2end/a.ts:2: "));
    }
}
