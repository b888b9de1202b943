//! The notes page: list, form and deletion. A resource server behind the gateway stores the notes, so this page shows
//! what a client of one needs: a bearer token, the gateway's 401, and a session that is revoked while the page is
//! open.

mod form;
mod state;
mod stored;

use leptos::prelude::*;

use super::protected_page::ProtectedPage;
use crate::components::failed::Failed;
use crate::components::note_list::{Actions, NoteList};
use crate::components::skeleton::Skeleton;
use crate::components::text::Text;
use form::{NoteForm, Target};
use state::{List, NONE, Page};

#[component]
pub(crate) fn NotesPage() -> impl IntoView {
    view! {
        <ProtectedPage heading="Your notes">
            <NotesContent />
        </ProtectedPage>
    }
}

#[component]
fn NotesContent() -> impl IntoView {
    let page = Page::new(expect_context());
    page.session.poll_session();
    page.fetch();
    let report = Callback::new(move |outcome| page.form_reports(outcome));
    view! {
        <p class="lead">
            "A service of its own stores these. It identifies you by your access token, and has never seen your password."
        </p>
        {move || match page.writing.get() {
            Some(target) => view! { <NoteForm target report /> }.into_any(),
            None => view! { <NewNoteButton page /> }.into_any(),
        }}
        <p class="said" data-kind="count" id="notes-said" role="status" tabindex="-1">
            <Text text=page.announcement />
        </p>
        {move || match page.list.get() {
            List::Fetching => view! { <Skeleton says="Fetching your notes…" /> }.into_any(),
            List::Failed(why) => view! { <Failed why retry=move || page.fetch() /> }.into_any(),
            List::Shown => view! { <Shown page /> }.into_any(),
        }}
    }
}

#[component]
fn NewNoteButton(page: Page) -> impl IntoView {
    view! {
        <p>
            <button
                type="button"
                id="new-note"
                class="button"
                data-kind="primary"
                on:click=move |_| page.writing.set(Some(Target::New))
            >
                "New note"
            </button>
        </p>
    }
}

#[component]
fn Shown(page: Page) -> impl IntoView {
    // Unless the announcement says the same.
    let none = move || {
        let unsaid = page.notes.with(Vec::is_empty)
            && page.announcement.with(|announcement| announcement != NONE);
        unsaid.then(|| {
            view! {
                <p class="aside">
                    <Text text=NONE />
                </p>
            }
        })
    };
    let actions = Actions {
        edit: Callback::new(move |id| page.edit(id)),
        delete: Callback::new(move |note| page.delete(note)),
        locked: Signal::derive(move || page.writing.with(Option::is_some)),
        busy: page.busy.into(),
    };
    view! {
        {none}
        <NoteList notes=page.notes.into() actions />
        {move || page.more.get().then(|| view! { <OlderButton page /> })}
    }
}

#[component]
fn OlderButton(page: Page) -> impl IntoView {
    view! {
        <p>
            <button
                type="button"
                class="button"
                aria-disabled=move || page.busy.get().then_some("true")
                on:click=move |_| page.fetch_older()
            >
                "Show older"
            </button>
        </p>
    }
}
