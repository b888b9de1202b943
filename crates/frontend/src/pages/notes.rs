//! The notes page: list, search and deletion. A resource server of its own stores notes, so this page has a state
//! that other pages do not have: a server without that service. [`editor`] writes notes.

mod counted;
mod draft;
mod editor;
mod stored;
mod tools;

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::note::{Note, Notes};
use shared::{ErrorCode, NoteId};

use super::protected_page::ProtectedPage;
use crate::api;
use crate::components::failed::Failed;
use crate::components::note_list::{Actions, NoteList};
use crate::components::skeleton::Skeleton;
use crate::components::text::Text;
use crate::dom::focus_soon;
use crate::session::{Rejected, Session};
use counted::{counted, found, none};
pub(crate) use draft::Drafts;
use draft::Target;
use editor::Editor;
use tools::Tools;

/// Baton's answer to a call for notes, where no gateway routes it to the service.
const NO_GATEWAY: &str = "Notes live in a service of their own, and a gateway leads to it. This server runs \
    without them, so there is nothing to show here. This starts all three:";
const WITH_GATEWAY: &str = "cargo xtask run --with-gateway";

#[component]
pub(crate) fn NotesPage() -> impl IntoView {
    view! {
        <ProtectedPage heading="Your notes">
            <NotesContent />
        </ProtectedPage>
    }
}

/// The state of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Fetching,
    Failed(String),
    NoGateway,
    Shown,
}

#[derive(Clone, Copy)]
struct Page {
    session: Session,
    /// The search; empty for all notes.
    query: RwSignal<String>,
    state: RwSignal<State>,
    notes: RwSignal<Vec<Note>>,
    more: RwSignal<bool>,
    busy: RwSignal<bool>,
    announcement: RwSignal<String>,
    /// The note in the editor, if there is one.
    writing: RwSignal<Option<Target>>,
    drafts: Drafts,
    /// Counts the changes made on this page: a list that was requested before a change is stale.
    changes: StoredValue<u32>,
}

impl Page {
    fn fetch(self) {
        self.state.set(State::Fetching);
        self.announcement.set(String::new());
        self.load(true);
    }

    /// Fetches the list without a placeholder; `announce`: whether to announce its length.
    fn load(self, announce: bool) {
        let (query, changes) = (self.query.get_untracked(), self.changes.get_value());
        spawn_local(async move {
            let fetched = self.session.fetch::<Notes>(api::notes(&query, None)).await;
            // The user may have left this page since, or searched for another text.
            if self.query.try_get_untracked().as_ref() != Some(&query) {
                return;
            }
            if self.changes.get_value() != changes {
                // The announcement of the change stays.
                return self.load(false);
            }
            match fetched {
                Ok(Notes { notes, more }) => {
                    if announce {
                        self.announcement.set(found(notes.len(), more, &query));
                    }
                    self.notes.set(notes);
                    self.more.set(more);
                    self.state.set(State::Shown);
                }
                Err(Rejected::SignedOut) => {}
                // The service never answers 404 at this path, so a 404 means that there is no service.
                Err(rejected) if rejected.is(ErrorCode::NotFound) => {
                    self.state.set(State::NoGateway);
                }
                Err(rejected) => self
                    .state
                    .set(State::Failed(format!("Your notes could not be fetched. {rejected}"))),
            }
        });
    }

    fn fetch_older(self) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.announcement.set(String::new());
        let query = self.query.get_untracked();
        let last = self.notes.with_untracked(|notes| notes.last().map(|note| note.id));
        spawn_local(async move {
            let fetched = self.session.fetch::<Notes>(api::notes(&query, last)).await;
            if self.busy.try_set(false).is_some() || self.query.get_untracked() != query {
                return;
            }
            match fetched {
                Ok(Notes { notes, more }) => {
                    self.announcement.set(format!("{} older.", counted(notes.len(), more)));
                    self.notes.update(|all| all.extend(notes));
                    self.more.set(more);
                    if !more {
                        // The button is gone, and the focus with it.
                        focus_soon("#notes-said");
                    }
                }
                Err(Rejected::SignedOut) => {}
                Err(rejected) => self.announcement.set(rejected.to_string()),
            }
        });
    }

    fn delete(self, note: Note) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.announcement.set(String::new());
        spawn_local(async move {
            let outcome = self.session.carry_out(&api::delete_note(note.id)).await;
            // If the session has ended since, this page and its signals are gone.
            if self.busy.try_set(false).is_some() {
                return;
            }
            match outcome {
                Ok(()) => {
                    self.changes.update_value(|changes| *changes += 1);
                    self.notes.update(|notes| notes.retain(|it| it.id != note.id));
                    self.announcement.set(format!("“{}” was deleted.", note.title));
                }
                Err(Rejected::SignedOut) => return,
                // Already deleted, or there is no service any more: the list shows which.
                Err(rejected) if rejected.is(ErrorCode::NotFound) => self.fetch(),
                Err(rejected) => {
                    let how = match rejected {
                        Rejected::Uncertain(_) => "may be deleted already",
                        _ => "is still here",
                    };
                    return self.announcement.set(format!("“{}” {how}. {rejected}", note.title));
                }
            }
            // The button that was pressed is gone, and the focus with it.
            focus_soon("main h1");
        });
    }

    /// A note has been stored; `is_new` if it was created.
    fn written(self, note: Note, is_new: bool) {
        if self.announcement.try_set(format!("“{}” is saved.", note.title)).is_some() {
            // The user has left this page.
            return;
        }
        self.changes.update_value(|changes| *changes += 1);
        self.notes.update(|notes| match notes.iter_mut().find(|it| it.id == note.id) {
            Some(stale) => *stale = note,
            None if is_new => notes.insert(0, note),
            None => {}
        });
    }

    fn stop_writing(self, back: String) {
        self.drafts.forget();
        self.writing.set(None);
        focus_soon(back);
    }
}

/// The first button of a note in the list.
fn button_of(id: NoteId) -> String {
    format!("#note-{id} button")
}

#[component]
fn NotesContent() -> impl IntoView {
    let (session, drafts) = (expect_context::<Session>(), expect_context::<Drafts>());
    let page = Page {
        session,
        query: RwSignal::new(String::new()),
        state: RwSignal::new(State::Fetching),
        notes: RwSignal::new(Vec::new()),
        more: RwSignal::new(false),
        busy: RwSignal::new(false),
        announcement: RwSignal::new(String::new()),
        writing: RwSignal::new(drafts.of(session).map(Target::Kept)),
        drafts,
        changes: StoredValue::new(0),
    };
    page.session.poll_session();
    Effect::new(move |_| {
        page.query.track();
        page.fetch();
    });
    let served = Memo::new(move |_| page.state.get() != State::NoGateway);
    view! {
        <p class="lead">
            "A service of its own keeps these. It knows you by your access token and has never seen your password."
        </p>
        {move || served.get().then(|| view! { <Tools page /> })}
        {move || page.writing.get().map(|target| view! { <Editor page target /> })}
        <p class="said" data-kind="count" id="notes-said" role="status" tabindex="-1">
            <Text text=page.announcement />
        </p>
        {move || match page.state.get() {
            State::Fetching => view! { <Skeleton says="Fetching your notes…" /> }.into_any(),
            State::Failed(why) => view! { <Failed why retry=move || page.fetch() /> }.into_any(),
            State::NoGateway => {
                view! {
                    <Failed why=NO_GATEWAY.to_owned() retry=move || page.fetch()>
                        <p>
                            <code>{WITH_GATEWAY}</code>
                        </p>
                    </Failed>
                }
                    .into_any()
            }
            State::Shown => view! { <Shown page /> }.into_any(),
        }}
    }
}

#[component]
fn Shown(page: Page) -> impl IntoView {
    // Unless the announcement says the same.
    let none = move || {
        let none = none(&page.query.get_untracked());
        let unsaid = page.notes.with(Vec::is_empty)
            && page.announcement.with(|announcement| *announcement != none);
        unsaid.then(|| {
            view! {
                <p class="aside">
                    <Text text=none />
                </p>
            }
        })
    };
    let actions = Actions {
        edit: Callback::new(move |id| page.writing.set(Some(Target::One(id)))),
        delete: Callback::new(move |note| page.delete(note)),
        locked: Signal::derive(move || page.writing.with(Option::is_some)),
        busy: page.busy.into(),
    };
    view! {
        {none}
        <NoteList notes=page.notes.into() actions />
        {move || {
            page.more
                .get()
                .then(|| {
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
                })
        }}
    }
}
