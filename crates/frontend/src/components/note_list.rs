//! Notes as a list of cards. The page carries out what the buttons ask for.

use leptos::prelude::*;
use shared::NoteId;
use shared::note::Note;

use super::keyed::keyed;
use crate::dom::{focus_soon, local_time, machine_time};

/// The callbacks and the state of the cards' buttons.
#[derive(Clone, Copy)]
pub(crate) struct Actions {
    pub(crate) edit: Callback<NoteId>,
    pub(crate) delete: Callback<Note>,
    /// Whether buttons are hidden, so that an unsaved note is not lost.
    pub(crate) locked: Signal<bool>,
    /// Whether a request is in flight.
    pub(crate) busy: Signal<bool>,
}

#[component]
pub(crate) fn NoteList(notes: Signal<Vec<Note>>, actions: Actions) -> impl IntoView {
    view! {
        <ul class="note-list" role="list">
            // The whole note is the key: a card is replaced or left alone. Times have a resolution of a second, and a
            // note can change twice within one.
            <For each=move || notes.get() key=Note::clone children=move |note| card(note, actions) />
        </ul>
    }
}

fn card(note: Note, actions: Actions) -> impl IntoView {
    let Note { id, title, text, created_at, changed_at } = note.clone();
    let verb = if changed_at == created_at { "Written " } else { "Changed " };
    let note = StoredValue::new(note);
    let confirming = RwSignal::new(false);
    view! {
        <li class="note-card" id=format!("note-{id}")>
            <h2 class="note-title" id=title_of(note)>
                {title}
            </h2>
            <p class="note-text">{text}</p>
            <p class="note-time">
                {verb} <time datetime=machine_time(changed_at)>{local_time(changed_at)}</time>
            </p>
            {keyed(
                move || (actions.locked.get(), confirming.get()),
                move |state| match state {
                    (true, _) => None,
                    (_, false) => Some(view! { <NoteActions note confirming actions /> }.into_any()),
                    (_, true) => Some(view! { <ConfirmDeletion note confirming actions /> }.into_any()),
                },
            )}
        </li>
    }
}

/// The buttons of a card.
#[component]
fn NoteActions(
    note: StoredValue<Note>,
    confirming: RwSignal<bool>,
    actions: Actions,
) -> impl IntoView {
    let ask = move |_| {
        confirming.set(true);
        focus_on(note, "first");
    };
    view! {
        <div class="form-actions">
            <button
                type="button"
                class="button"
                data-size="small"
                aria-describedby=title_of(note)
                on:click=move |_| actions.edit.run(note.with_value(|note| note.id))
            >
                "Edit"
            </button>
            <button
                type="button"
                class="button"
                data-size="small"
                aria-describedby=title_of(note)
                on:click=ask
            >
                "Delete"
            </button>
        </div>
    }
}

/// Asks for confirmation: a deleted note cannot be restored.
#[component]
fn ConfirmDeletion(
    note: StoredValue<Note>,
    confirming: RwSignal<bool>,
    actions: Actions,
) -> impl IntoView {
    let keep = move |_| {
        confirming.set(false);
        focus_on(note, "last");
    };
    view! {
        <div class="form-actions">
            <button
                type="button"
                class="button"
                data-kind="danger"
                data-size="small"
                aria-describedby=title_of(note)
                aria-disabled=move || actions.busy.get().then_some("true")
                on:click=move |_| actions.delete.run(note.get_value())
            >
                "Delete for good"
            </button>
            <button type="button" class="button" data-size="small" on:click=keep>
                "Keep it"
            </button>
        </div>
    }
}

/// The button that was pressed is gone, and the focus with it.
fn focus_on(note: StoredValue<Note>, which: &str) {
    focus_soon(format!("#note-{} button:{which}-child", note.with_value(|note| note.id)));
}

/// The id of the title.
fn title_of(note: StoredValue<Note>) -> String {
    format!("note-title-{}", note.with_value(|note| note.id))
}
