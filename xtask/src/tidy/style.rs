//! A component's style sheet bears the component's name, so that both are deleted together.

use super::tree::{Finding, Tree};

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.under("style/components/") {
        let Some(name) = file.path["style/components/".len()..].strip_suffix(".css") else {
            continue;
        };
        let component = format!("crates/frontend/src/components/{}.rs", name.replace('-', "_"));
        if tree.file(&component).is_none() {
            let message = format!("styles a component that is not there: {component}");
            findings.push(Finding::new(&file.path, 1, message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: (&str, &str) = ("style/components/text-field.css", "");

    #[test]
    fn a_style_with_its_component_passes() {
        let component = ("crates/frontend/src/components/text_field.rs", "//! A field.\n");
        assert_eq!(check(&Tree::of(&[STYLE, component])), []);
    }

    #[test]
    fn a_style_without_its_component_is_found() {
        assert_eq!(check(&Tree::of(&[STYLE])).len(), 1);
    }
}
