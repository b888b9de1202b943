//! The editor of a note, new or stored. A stored note is replaced by conditional write (`If-Match`): a stale version
//! is a conflict, and the draft stays even if the note was changed or deleted elsewhere.

use leptos::html::{Input, Textarea};
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::note::{Note, NoteRequest};
use shared::{ErrorCode, NoteId};

use super::draft::{Draft, Target, Unsure};
use super::stored::{Opened, open, store};
use super::{Page, button_of};
use crate::components::button::SubmitButton;
use crate::components::failed::Failed;
use crate::components::field::{Field, FieldSpec, value_of};
use crate::components::form::{FormAlert, FormState};
use crate::components::panel::Panel;
use crate::components::skeleton::Skeleton;
use crate::components::stored_note::StoredNote;
use crate::components::text_area::TextArea;
use crate::dom::focus_soon;
use crate::session::Rejected;
use crate::session::transient_error::TransientError;

const TITLE: FieldSpec =
    FieldSpec { name: "title", label: "Title", kind: "text", autocomplete: "off" };
const TEXT: &str = "text";
const FORM: &str = "note-form";
const HEADING: &str = "editor-title";

const CONFLICT: &str = "This note was changed elsewhere since you opened it. Nothing you typed is lost: save \
    again to put it in the place of what is stored now, or take that instead.";
const GONE: &str = "This note was deleted elsewhere meanwhile. Nothing you typed is lost: save again to make a \
    new note of it.";
const UNSURE: &str = "It is not known whether the note was saved. Save it again as it is: it is not stored twice. \
    Nothing you typed is lost.";
const UNSURE_SINCE: &str = "It is not known whether the note was saved before your session ended. Look for it in the \
    list first: if it is there, and you save it again, it is stored twice. Nothing you typed is lost.";
const NOT_LOST: &str = "Nothing you typed is lost.";
const NO_SERVICE: &str =
    "The service that keeps notes is not there any more. Nothing you typed is lost.";

/// The button that opened the editor.
fn focus_target(id: Option<NoteId>) -> String {
    id.map_or_else(|| "#new-note".to_owned(), button_of)
}

/// The editor. It reads a stored note first: the list may be stale.
#[component]
pub(super) fn Editor(page: Page, target: Target) -> impl IntoView {
    let read = RwSignal::new(None::<Result<Draft, String>>);
    let heading = if target.id().is_some() { "Edit note" } else { "New note" };
    let back = StoredValue::new(focus_target(target.id()));
    let fetch = move || match target.clone() {
        Target::New => read.set(Some(Ok(Draft::default()))),
        Target::Kept(draft) => read.set(Some(Ok(draft))),
        Target::One(id) => {
            read.set(None);
            spawn_local(async move {
                let opened = match open(page.session, id).await {
                    Ok(Opened { note: Note { title, text, .. }, version }) => {
                        Ok(Draft { base: Some((id, version)), title, text, ..Draft::default() })
                    }
                    Err(Rejected::SignedOut) => return,
                    Err(rejected) => Err(format!("This note could not be fetched. {rejected}")),
                };
                let failed = opened.is_err();
                // The user may have left this page since.
                if read.try_set(Some(opened)).is_none() && failed {
                    focus_soon(format!("[aria-labelledby={HEADING}] button"));
                }
            });
        }
    };
    fetch();
    view! {
        <Panel id=HEADING title=heading>
            {move || match read.get() {
                None => view! { <Skeleton says="Fetching the note…" /> }.into_any(),
                Some(Ok(draft)) => view! { <NoteForm page draft back /> }.into_any(),
                Some(Err(why)) => {
                    let retry = fetch.clone();
                    view! {
                        <Failed why retry>
                            <CancelButton page back />
                        </Failed>
                    }
                        .into_any()
                }
            }}
        </Panel>
    }
}

/// The form, and the state of its request.
#[derive(Clone, Copy)]
struct Editing {
    page: Page,
    form: FormState,
    title: NodeRef<Input>,
    text: NodeRef<Textarea>,
    /// The version to replace; `None` for a new note.
    base: StoredValue<Option<(NoteId, String)>>,
    /// A newer version, stored elsewhere.
    stored: RwSignal<Option<Note>>,
    /// Whether it is uncertain that a new note was stored.
    unsure: StoredValue<Unsure>,
}

impl Editing {
    fn typed(self) -> Draft {
        let text = self.text.get_untracked().map(|area| area.value()).unwrap_or_default();
        let (base, title) = (self.base.get_value(), value_of(self.title));
        let (stored, unsure) = (self.stored.get_untracked(), self.unsure.get_value());
        Draft { base, title, text, stored, unsure }
    }

    /// Stores the draft, in case the page is left.
    fn keep(self) {
        self.page.drafts.keep(self.page.session, self.typed());
    }

    fn save(self) {
        if !self.form.begin() {
            return;
        }
        let Draft { base, title, text, .. } = self.typed();
        let body = NoteRequest { title, text };
        // Until the answer. For a stored note, its version shows whether the write took place.
        self.unsure.set_value(if base.is_none() { Unsure::Yes } else { Unsure::No });
        self.keep();
        spawn_local(async move {
            match store(self.page.session, base.as_ref(), &body).await {
                Ok(note) => self.saved(note, base.is_none(), &body),
                Err(rejected) => self.refused(rejected, base.map(|(id, _)| id), &body).await,
            }
        });
    }

    fn saved(self, note: Note, is_new: bool, body: &NoteRequest) {
        self.page.drafts.stored(&body.title, &body.text);
        let back = focus_target((!is_new).then_some(note.id));
        self.page.written(note, is_new);
        // A user who has cancelled since may be writing another note by now.
        if self.form.done() {
            self.page.stop_writing(back);
        }
    }

    async fn refused(self, rejected: Rejected, id: Option<NoteId>, body: &NoteRequest) {
        let unsure = matches!(rejected, Rejected::Uncertain(_));
        if !unsure && self.unsure.try_set_value(Unsure::No).is_none() {
            self.keep();
        }
        match (rejected, id) {
            (rejected, Some(id)) if rejected.is(ErrorCode::PreconditionFailed) => {
                self.conflict(id, body).await;
            }
            (rejected, Some(_)) if rejected.is(ErrorCode::NotFound) => self.gone(),
            (rejected, None) if rejected.is(ErrorCode::NotFound) => {
                self.form.reject_because(NO_SERVICE.to_owned());
                self.page.fetch();
            }
            // The problem document has the quota and the remedy.
            (Rejected::Problem(problem, _), _) if problem.code == ErrorCode::QuotaExceeded => {
                let detail = problem.detail.as_deref().unwrap_or_default();
                self.form.reject_because(format!("{} {detail} {NOT_LOST}", problem.title));
            }
            (Rejected::Uncertain(error), _) => {
                self.form.reject_because(format!("{error} {UNSURE}"));
            }
            (Rejected::Transient(error @ TransientError::TokenNotAccepted), _) => {
                self.form.reject_because(format!("{error} {NOT_LOST}"));
            }
            (rejected, _) => self.form.reject(rejected),
        }
    }

    /// Another version than the one that was read.
    async fn conflict(self, id: NoteId, body: &NoteRequest) {
        match open(self.page.session, id).await {
            // Our own version: the answer to an earlier try was lost.
            Ok(opened) if opened.says(body) => self.saved(opened.note, false, body),
            Ok(Opened { note, version }) => {
                if self.base.try_set_value(Some((id, version))).is_none() {
                    self.stored.set(Some(note));
                    self.keep();
                    self.form.reject_because(CONFLICT.to_owned());
                }
            }
            Err(rejected) if rejected.is(ErrorCode::NotFound) => self.gone(),
            Err(rejected) => self.form.reject(rejected),
        }
    }

    fn gone(self) {
        if self.base.try_set_value(None).is_none() {
            self.stored.set(None);
            self.keep();
            self.form.reject_because(GONE.to_owned());
            self.page.fetch();
        }
    }

    /// Replaces the draft with the stored version.
    fn take(self, note: &Note) {
        if let Some(title) = self.title.get_untracked() {
            title.set_value(&note.title);
        }
        if let Some(text) = self.text.get_untracked() {
            text.set_value(&note.text);
        }
        self.stored.set(None);
        self.keep();
        self.form.clear();
        focus_soon(format!("#{FORM} input"));
    }
}

#[component]
fn NoteForm(page: Page, draft: Draft, back: StoredValue<String>) -> impl IntoView {
    let Draft { base, title, text, stored, unsure } = draft;
    let form = FormState::new(FORM);
    // Repeats the message from before the page was left.
    if stored.is_some() {
        form.reject_because(CONFLICT.to_owned());
    } else {
        match unsure {
            Unsure::No => {}
            Unsure::Yes => form.reject_because(UNSURE.to_owned()),
            Unsure::KeyGone => form.reject_because(UNSURE_SINCE.to_owned()),
        }
    }
    let editing = Editing {
        page,
        form,
        title: NodeRef::new(),
        text: NodeRef::new(),
        base: StoredValue::new(base),
        stored: RwSignal::new(stored),
        unsure: StoredValue::new(unsure),
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        editing.save();
    };
    focus_soon(format!("#{FORM} input"));
    view! {
        <form id=FORM class="form" method="post" novalidate on:submit=submit on:input=move |_| editing.keep()>
            <FormAlert form=editing.form />
            {move || {
                editing
                    .stored
                    .get()
                    .map(|note| {
                        let taken = note.clone();
                        view! { <StoredNote note take=move || editing.take(&taken) /> }
                    })
            }}
            <Field spec=TITLE node=editing.title form=editing.form value=Some(title) />
            <TextArea name=TEXT label="Text" node=editing.text form=editing.form value=text />
            <div class="form-actions">
                <SubmitButton label="Save note" busy_label="Saving…" form=editing.form />
                <CancelButton page back />
            </div>
        </form>
    }
}

#[component]
fn CancelButton(page: Page, back: StoredValue<String>) -> impl IntoView {
    let cancel = move |_| page.stop_writing(back.get_value());
    view! {
        <button type="button" class="button" on:click=cancel>
            "Cancel"
        </button>
    }
}
