//! Conflict view: the stored version of a note, beside a draft of a stale version. The user decides between them.

use leptos::prelude::*;
use shared::note::Note;

use super::text::Text;

const TITLE: &str = "stored-note-title";

/// The note, and a button that replaces the draft with it.
#[component]
pub(crate) fn StoredNote(note: Note, take: impl Fn() + 'static) -> impl IntoView {
    view! {
        <section class="stored-note" aria-labelledby=TITLE>
            <h3 id=TITLE>"What is stored now"</h3>
            <p class="note-title">
                <Text text=note.title />
            </p>
            <p class="note-text">
                <Text text=note.text />
            </p>
            <button type="button" class="button" data-size="small" on:click=move |_| take()>
                "Take this instead"
            </button>
        </section>
    }
}
