//! The user's notes: the list of them, page by page, what is searched for, and a note less. A service of its
//! own keeps them, so there is one state more than on other pages: that there is no such service here. What is
//! written is the business of [`editor`].

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

/// What Baton alone has to say to a call for notes.
const NO_GATEWAY: &str = "Notes live in a service of their own, and a gateway leads to it. This server runs \
    without them, so there is nothing to show here. This starts all three:";
const WITH_GATEWAY: &str = "cargo xtask run --with-gateway";

/// Your notes.
#[component]
pub(crate) fn NotesPage() -> impl IntoView {
    view! {
        <ProtectedPage heading="Your notes">
            <NotesContent />
        </ProtectedPage>
    }
}

/// What the page shows.
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
    /// What is searched for; empty while all notes are wanted.
    query: RwSignal<String>,
    state: RwSignal<State>,
    notes: RwSignal<Vec<Note>>,
    more: RwSignal<bool>,
    busy: RwSignal<bool>,
    announcement: RwSignal<String>,
    /// What is being written, if anything is.
    writing: RwSignal<Option<Target>>,
    drafts: Drafts,
    /// How often something was changed from here: a list that was asked for before does not know of it.
    changes: StoredValue<u32>,
}

impl Page {
    fn fetch(self) {
        self.state.set(State::Fetching);
        self.announcement.set(String::new());
        self.load(true);
    }

    /// Fetches without a word of it on the page, until the list is there; and then only if it is to be told.
    fn load(self, announce: bool) {
        let (query, changes) = (self.query.get_untracked(), self.changes.get_value());
        spawn_local(async move {
            let fetched = self.session.fetch::<Notes>(api::notes(&query, None)).await;
            // The user may have left this page meanwhile, or asked for something else.
            if self.query.try_get_untracked().as_ref() != Some(&query) {
                return;
            }
            if self.changes.get_value() != changes {
                // What was said of the change stands.
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
                // The service has such a path, always.
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
            // If the session has ended meanwhile, the page and its signals are gone.
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
                // Somebody was faster, or there is no service any more: the list says which.
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

    /// A note has been written; `is_new` if it was not there before.
    fn written(self, note: Note, is_new: bool) {
        if self.announcement.try_set(format!("“{}” is saved.", note.title)).is_some() {
            // The user has left this page meanwhile.
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
    // Unless it has just been said.
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
