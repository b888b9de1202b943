//! The messages that docs/design/error-messages.md quotes are those of the pages.

use std::fs;
use std::path::Path;

const DOCUMENT: &str = include_str!("../../../../docs/design/error-messages.md");

/// The text of all sources below, with strings of several lines joined.
fn sources(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            text += &sources(&path);
        } else {
            text += &fs::read_to_string(&path).expect("UTF-8");
        }
    }
    let joined = text.split("\\\n").map(str::trim_start);
    joined.collect()
}

/// Quoted sentences; an ellipsis stands for an omission.
fn quoted() -> Vec<&'static str> {
    let between = DOCUMENT.split('"').skip(1).step_by(2);
    between
        .map(|sentence| sentence.trim_matches(['…', ' ', ',']))
        .filter(|it| it.len() > 3)
        .collect()
}

#[test]
fn what_is_quoted_is_said() {
    let sources = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let quoted = quoted();
    assert!(quoted.len() > 20, "{quoted:?}");
    let unsaid: Vec<_> = quoted.iter().filter(|it| !sources.contains(**it)).collect();
    assert!(unsaid.is_empty(), "{unsaid:#?}");
}
