//! The form of a note, new or stored. A stored note is replaced by a conditional write (`If-Match`): if it was
//! changed since it was opened, the save is refused, and the user opens it again.

use leptos::html::{Input, Textarea};
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::ErrorCode;
use shared::note::{Note, NoteRequest};

use super::stored::{Opened, store};
use crate::components::button::SubmitButton;
use crate::components::field::{Field, FieldSpec, value_of};
use crate::components::form::{FormAlert, FormState};
use crate::components::panel::Panel;
use crate::components::text_area::TextArea;
use crate::dom::focus_soon;
use crate::session::{Rejected, Session};

const TITLE: FieldSpec =
    FieldSpec { name: "title", label: "Title", kind: "text", autocomplete: "off" };
const TEXT: &str = "text";
const FORM: &str = "note-form";

const CONFLICT: &str = "This note was changed elsewhere since you opened it, so it was not saved. Copy what you want to \
    keep, cancel, and open the note again.";
const GONE: &str =
    "This note was deleted elsewhere, so it was not saved. Copy what you want to keep, and cancel.";

/// The note in the form.
#[derive(Clone)]
pub(super) enum Target {
    New,
    Stored(Opened),
}

/// What the form reports to its page.
pub(super) enum Outcome {
    /// The note is stored. `is_open`: the user has not cancelled since.
    Saved { note: Note, is_open: bool },
    /// The note was changed or deleted elsewhere: the list is stale.
    Outdated,
    /// The user has cancelled.
    Cancelled,
}

/// The form, and the state of its request.
#[derive(Clone, Copy)]
struct Editing {
    session: Session,
    form: FormState,
    title: NodeRef<Input>,
    text: NodeRef<Textarea>,
    /// The version to replace; `None` for a new note.
    base: StoredValue<Option<Opened>>,
    report: Callback<Outcome>,
}

impl Editing {
    fn save(self) {
        if !self.form.begin() {
            return;
        }
        let text = self.text.get_untracked().map(|area| area.value()).unwrap_or_default();
        let (body, base) =
            (NoteRequest { title: value_of(self.title), text }, self.base.get_value());
        spawn_local(async move {
            match store(self.session, base.as_ref(), &body).await {
                Ok(note) => {
                    let is_open = self.form.done();
                    // The user may have left the page since.
                    let _ = self.report.try_run(Outcome::Saved { note, is_open });
                }
                Err(rejected) => self.refused(rejected, base.is_none()),
            }
        });
    }

    fn refused(self, rejected: Rejected, is_new: bool) {
        match rejected {
            rejected if rejected.is(ErrorCode::PreconditionFailed) => self.outdated(CONFLICT),
            rejected if rejected.is(ErrorCode::NotFound) && !is_new => self.outdated(GONE),
            // The problem document has the quota and the remedy.
            Rejected::Problem(problem, _) if problem.code == ErrorCode::QuotaExceeded => {
                let detail = problem.detail.as_deref().unwrap_or_default();
                self.form.reject_because(format!("{} {detail}", problem.title));
            }
            rejected => self.form.reject(rejected),
        }
    }

    fn outdated(self, why: &str) {
        self.form.reject_because(why.to_owned());
        let _ = self.report.try_run(Outcome::Outdated);
    }
}

#[component]
pub(super) fn NoteForm(target: Target, report: Callback<Outcome>) -> impl IntoView {
    let (heading, base) = match target {
        Target::New => ("New note", None),
        Target::Stored(opened) => ("Edit note", Some(opened)),
    };
    let (title, text) = base
        .as_ref()
        .map(|opened| (opened.note.title.clone(), opened.note.text.clone()))
        .unwrap_or_default();
    let editing = Editing {
        session: expect_context(),
        form: FormState::new(FORM),
        title: NodeRef::new(),
        text: NodeRef::new(),
        base: StoredValue::new(base),
        report,
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        editing.save();
    };
    focus_soon(format!("#{FORM} input"));
    view! {
        <Panel id="note-form-title" title=heading>
            <form id=FORM class="form" method="post" novalidate on:submit=submit>
                <FormAlert form=editing.form />
                <Field spec=TITLE node=editing.title form=editing.form value=Some(title) />
                <TextArea name=TEXT label="Text" node=editing.text form=editing.form value=text />
                <div class="form-actions">
                    <SubmitButton label="Save note" busy_label="Saving…" form=editing.form />
                    <button
                        type="button"
                        class="button"
                        on:click=move |_| report.run(Outcome::Cancelled)
                    >
                        "Cancel"
                    </button>
                </div>
            </form>
        </Panel>
    }
}
