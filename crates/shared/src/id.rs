//! The id of a note. The ids of users, sessions and events are in `types`.

types::id! {
    /// A note. UUID version 7, so that notes sort by their ids.
    NoteId
}
