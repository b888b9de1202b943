//! Links in documents lead to existing files.

use super::tree::{Finding, Tree};

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        let ours = !file.path.contains('/') || file.path.starts_with("docs/");
        if !ours || !file.path.ends_with(".md") {
            continue;
        }
        let mut fenced = false;
        for (index, line) in file.text.lines().enumerate() {
            if line.trim_start().starts_with("```") {
                fenced = !fenced;
            }
            if fenced {
                continue;
            }
            for target in targets(line) {
                if !exists(tree, &file.path, target) {
                    let message = format!("links to {target}, which is not there");
                    findings.push(Finding::new(&file.path, index + 1, message));
                }
            }
        }
    }
    findings
}

/// The link targets in a line of Markdown: `[text](target "title")` and `[name]: target`.
fn targets(line: &str) -> Vec<&str> {
    // Inside backquotes, brackets are code.
    let prose = line.split('`').step_by(2);
    let mut found: Vec<&str> = prose
        .flat_map(|part| part.split("](").skip(1))
        .filter_map(|rest| rest.split([')', ' ']).next())
        .collect();
    if line.starts_with('[')
        && let Some((_, target)) = line.split_once("]: ")
    {
        found.extend(target.split_whitespace().next());
    }
    found
}

fn exists(tree: &Tree, from: &str, target: &str) -> bool {
    let file = target.split('#').next().unwrap_or_default();
    let elsewhere = file.contains("://") || file.starts_with("mailto:");
    if file.is_empty() || elsewhere {
        return true;
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in file.trim_end_matches('/').split('/') {
        match part {
            "" | "." => {}
            ".." => {
                if parts.pop().is_none() {
                    return false;
                }
            }
            name => parts.push(name),
        }
    }
    parts.is_empty() || tree.paths.contains(&parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(document: &str) -> usize {
        let tree =
            [("docs/design/rotation.md", document), ("docs/testing.md", ""), ("README.md", "")];
        check(&Tree::of(&tree)).len()
    }

    #[test]
    fn links_that_lead_somewhere_pass() {
        assert_eq!(count("[a](../testing.md#x), [b](https://example.org/y), [c](#here)"), 0);
        assert_eq!(count("[a](../../README.md \"title\") and [the folder](../design/)"), 0);
        assert_eq!(count("`[code](gone.md)`\n```text\n[code](gone.md)\n```\n"), 0);
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        assert_eq!(count("see [a](gone.md) and [b](../testing.md)"), 1);
        assert_eq!(count("`code` then [a](gone.md)"), 1);
        assert_eq!(count("[a]: gone.md\n"), 1);
        assert_eq!(count("[a](../../../outside.md)"), 1);
    }
}
