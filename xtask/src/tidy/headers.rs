//! The shape of Rust files: each opens with its purpose, stays short, lies beside its folder instead of in it, and
//! expects a lint with a reason instead of allowing it.

use super::tree::{Finding, Tree, lines_with};

const LONGEST_FILE: usize = 300;
const LONGEST_TEST: usize = 500;

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, source) in tree.rust() {
        let mut find =
            |line, message: String| findings.push(Finding::new(&file.path, line, message));
        if !file.text.starts_with("//! ") {
            find(1, "opens without `//!`: say what the file is for".to_owned());
        }
        if file.path.ends_with("/mod.rs") {
            find(1, "`foo.rs` stands beside `foo/`, never `foo/mod.rs`".to_owned());
        }
        let (lines, longest) = if file.is_test() {
            (file.text.lines().count(), LONGEST_TEST)
        } else {
            (source.lines_without_tests(), LONGEST_FILE)
        };
        if lines > longest {
            find(longest + 1, format!("{lines} lines, more than {longest}: split it"));
        }
        for (index, line) in source.code.lines().enumerate() {
            if line.contains("[allow(") || line.contains("cfg_attr(") && line.contains("allow(") {
                find(index + 1, "`allow` outlives its cause: `expect(…, reason = …)`".to_owned());
            }
        }
        for line in lines_with(&source.code, "[expect(", |_| true) {
            let rest = source.code.lines().skip(line - 1).take(6).collect::<String>();
            let attribute = rest.split(")]").next().unwrap_or_default();
            if !attribute.contains("reason") {
                find(line, "an `expect` needs its `reason`".to_owned());
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(path: &str, text: &str) -> usize {
        check(&Tree::of(&[(path, text)])).len()
    }

    #[test]
    fn a_file_in_shape_passes() {
        assert_eq!(count("crates/a/src/lib.rs", "//! What it is.\nfn f() {}\n"), 0);
        let expectation =
            "//! A.\n#[expect(\n    clippy::x,\n    reason = \"because\"\n)]\nfn f() {}";
        assert_eq!(count("crates/a/src/lib.rs", expectation), 0);
    }

    #[test]
    fn a_file_without_a_purpose_is_found() {
        assert_eq!(count("crates/a/src/lib.rs", "fn f() {}\n"), 1);
    }

    #[test]
    fn a_mod_rs_is_found() {
        assert_eq!(count("crates/a/src/b/mod.rs", "//! B.\n"), 1);
    }

    #[test]
    fn a_long_file_is_found_and_its_tests_do_not_count() {
        let long = "//! A.\n".to_owned() + &"fn f() {}\n".repeat(LONGEST_FILE);
        assert_eq!(count("crates/a/src/lib.rs", &long), 1);
        assert_eq!(count("crates/a/tests/it/main.rs", &long), 0);
        let tests =
            "//! A.\n#[cfg(test)]\nmod tests {\n".to_owned() + &"f();\n".repeat(400) + "}\n";
        assert_eq!(count("crates/a/src/lib.rs", &tests), 0);
    }

    #[test]
    fn an_allow_and_an_expect_without_reason_are_found() {
        assert_eq!(count("crates/a/src/lib.rs", "//! A.\n#[allow(dead_code)]\nfn f() {}"), 1);
        assert_eq!(count("crates/a/src/lib.rs", "//! A.\n#![cfg_attr(test, allow(x))]\n"), 1);
        assert_eq!(count("crates/a/src/lib.rs", "//! A.\n#[expect(dead_code)]\nfn f() {}"), 1);
    }
}
