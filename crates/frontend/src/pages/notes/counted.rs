//! The number of notes, in words.

/// The text for an empty list, with its reason.
pub(super) fn none(query: &str) -> String {
    match query {
        "" => "You have no notes yet.".to_owned(),
        query => format!("None of your notes holds “{query}”."),
    }
}

/// For screen readers, whose users do not see the list change.
pub(super) fn found(notes: usize, more: bool, query: &str) -> String {
    match (notes, query) {
        (0, query) => none(query),
        (notes, "") => counted(notes, more),
        (notes, query) => format!("{} with “{query}”", counted(notes, more)),
    }
}

pub(super) fn counted(notes: usize, more: bool) -> String {
    match (notes, more) {
        (0, _) => "None".to_owned(),
        (notes, more) => {
            let notes = if notes == 1 { "One note".to_owned() } else { format!("{notes} notes") };
            if more { format!("{notes}, and there are more") } else { notes }
        }
    }
}
