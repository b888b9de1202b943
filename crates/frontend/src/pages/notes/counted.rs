//! How many notes there are, in words. It must not know where they come from.

/// That there is nothing to show, and why.
pub(super) fn none(wanted: &str) -> String {
    match wanted {
        "" => "You have no notes yet.".to_owned(),
        wanted => format!("None of your notes holds “{wanted}”."),
    }
}

/// For those who do not see the list change.
pub(super) fn found(notes: usize, more: bool, wanted: &str) -> String {
    match (notes, wanted) {
        (0, wanted) => none(wanted),
        (notes, "") => counted(notes, more),
        (notes, wanted) => format!("{} with “{wanted}”", counted(notes, more)),
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
