//! Decision records have one form: title, date and status, then context, decision and consequences. Their numbers
//! are unique and leave no gap, because documents and code name a record by its number.

use super::tree::{File, Finding, Tree};

const FOLDER: &str = "docs/decisions/";
/// A superseded record stays, and links to the one that supersedes it.
const STATUSES: [&str; 2] = ["accepted", "superseded"];
/// The bold words that open the parts. No other line begins in bold.
const PARTS: [&str; 3] = ["Context.", "Decision.", "Consequences."];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut numbers = Vec::new();
    for record in tree.under(FOLDER) {
        match number(&record.path) {
            Some(number) => {
                numbers.push((number, record.path.as_str()));
                findings.extend(form(record, number));
            }
            None => findings.push(Finding::new(&record.path, 1, "is not named NNNN-title.md")),
        }
    }
    numbers.sort_unstable();
    let mut last = 0;
    for (number, path) in numbers {
        if number != last + 1 {
            let message = format!("number {number} follows {last}: take the next free number");
            findings.push(Finding::new(path, 1, message));
        }
        last = number;
    }
    findings
}

/// The number in a record's file name.
fn number(path: &str) -> Option<u32> {
    let (digits, _) = path[FOLDER.len()..].strip_suffix(".md")?.split_once('-')?;
    digits.parse().ok().filter(|_| digits.len() == 4)
}

fn form(record: &File, number: u32) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |line, message: String| findings.push(Finding::new(&record.path, line, message));
    let lines: Vec<&str> = record.text.lines().collect();
    let title = format!("# {number}. ");
    if lines.first().is_none_or(|line| !line.starts_with(&title)) {
        find(1, format!("begins with its title: `{title}…`"));
    }
    if lines.get(2).is_none_or(|line| !has_status(line)) {
        find(3, "has date and status in its third line: `2026-11-30, accepted.`".to_owned());
    }
    let mut parts = PARTS.into_iter();
    for (index, line) in lines.iter().enumerate() {
        let Some(opening) = bold(line) else { continue };
        let part = parts.next();
        if part != Some(opening) {
            let wanted = part.map_or("the end".to_owned(), |part| format!("**{part}**"));
            find(index + 1, format!("**{opening}** stands where {wanted} is due"));
        }
    }
    if let Some(part) = parts.next() {
        find(lines.len(), format!("ends without **{part}**"));
    }
    findings
}

/// The bold words that a line begins with.
fn bold(line: &str) -> Option<&str> {
    line.strip_prefix("**")?.split_once("**").map(|(words, _)| words)
}

/// Whether a line is `2026-11-30, accepted.`, perhaps with a sentence about other records.
fn has_status(line: &str) -> bool {
    line.split_once(", ").is_some_and(|(date, status)| {
        is_date(date) && STATUSES.iter().any(|known| status.starts_with(known))
    })
}

fn is_date(text: &str) -> bool {
    let shape = text.chars().map(|it| if it.is_ascii_digit() { '0' } else { it });
    shape.eq("0000-00-00".chars())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "docs/decisions/0001-first.md";
    const RECORD: &str = "# 1. First\n\n2026-11-30, accepted. Extends it.\n\n**Context.** A.\n\n\
        **Decision.**\n- **One** b.\n\n**Consequences.** C.\n";

    fn count(record: &str) -> usize {
        check(&Tree::of(&[(FIRST, record)])).len()
    }

    /// How many findings there are with records of these names, each in the right form.
    fn count_named(names: &[&str]) -> usize {
        let record = |name: &&str| {
            let number = name[..4].trim_start_matches('0');
            let path = format!("{FOLDER}{name}");
            (path, RECORD.replace("# 1.", &format!("# {number}.")))
        };
        let records: Vec<(String, String)> = names.iter().map(record).collect();
        let records: Vec<(&str, &str)> =
            records.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        check(&Tree::of(&records)).len()
    }

    #[test]
    fn records_of_one_form_pass() {
        assert_eq!(count(RECORD), 0);
        assert_eq!(count(&RECORD.replace("accepted", "superseded by [2](0002-b.md)")), 0);
        assert_eq!(count_named(&["0001-a.md", "0002-b.md", "0003-c.md"]), 0);
        assert_eq!(check(&Tree::of(&[("docs/operating.md", "**Bold.**")])), []);
    }

    #[test]
    fn another_title_or_status_is_found() {
        assert_eq!(count(&RECORD.replace("# 1.", "# 2.")), 1);
        assert_eq!(count(&RECORD.replace("# 1.", "# 0001:")), 1);
        for status in ["", "30 November 2026, accepted.", "2026-11-30.", "2026-11-30, draft."] {
            let other = RECORD.replace("2026-11-30, accepted. Extends it.", status);
            assert_eq!(count(&other), 1, "{status}");
        }
        assert_eq!(count(""), 3);
    }

    #[test]
    fn missing_swapped_and_other_parts_are_found() {
        let missing = RECORD.replace("**Consequences.** C.\n", "");
        let end = Finding::new(FIRST, 9, "ends without **Consequences.**");
        assert_eq!(check(&Tree::of(&[(FIRST, &missing)])), [end]);
        let swapped = RECORD.replace("Context", "X").replace("Decision", "Context");
        assert_eq!(count(&swapped.replace("**X.**", "**Decision.**")), 2);
        let considered = RECORD.to_owned() + "\n**Considered.** D.\n";
        assert_eq!(count(&considered), 1);
    }

    #[test]
    fn a_number_that_is_taken_skipped_or_missing_is_found() {
        assert_eq!(count_named(&["0001-a.md", "0001-b.md", "0002-c.md"]), 1);
        assert_eq!(count_named(&["0001-a.md", "0003-c.md", "0004-d.md"]), 1);
        assert_eq!(count_named(&["0002-b.md"]), 1);
        for name in ["README.md", "1-a.md", "0001.md", "0001-a.txt"] {
            let path = format!("{FOLDER}{name}");
            assert_eq!(check(&Tree::of(&[(&path, RECORD)])).len(), 1, "{name}");
        }
    }
}
