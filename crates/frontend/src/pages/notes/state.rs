//! The state of the notes page, and its calls of the service.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::note::{Note, Notes};
use shared::{ErrorCode, NoteId};

use super::form::{Outcome, Target};
use super::stored::open;
use crate::api;
use crate::dom::focus_soon;
use crate::session::{Rejected, Session};

/// The text for an empty list.
pub(super) const NONE: &str = "You have no notes yet.";

/// The state of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum List {
    Fetching,
    Failed(String),
    Shown,
}

#[derive(Clone, Copy)]
pub(super) struct Page {
    pub(super) session: Session,
    pub(super) list: RwSignal<List>,
    pub(super) notes: RwSignal<Vec<Note>>,
    pub(super) more: RwSignal<bool>,
    pub(super) busy: RwSignal<bool>,
    pub(super) announcement: RwSignal<String>,
    /// The note in the form, if the form is open.
    pub(super) writing: RwSignal<Option<Target>>,
    /// Counts the changes made on this page: a list that was requested before a change is stale.
    changes: StoredValue<u32>,
}

impl Page {
    pub(super) fn new(session: Session) -> Self {
        Self {
            session,
            list: RwSignal::new(List::Fetching),
            notes: RwSignal::new(Vec::new()),
            more: RwSignal::new(false),
            busy: RwSignal::new(false),
            announcement: RwSignal::new(String::new()),
            writing: RwSignal::new(None),
            changes: StoredValue::new(0),
        }
    }

    pub(super) fn fetch(self) {
        self.list.set(List::Fetching);
        self.announcement.set(String::new());
        self.load(true);
    }

    /// Fetches the list without a placeholder; `announce`: whether to announce its length.
    fn load(self, announce: bool) {
        let changes = self.changes.get_value();
        spawn_local(async move {
            let fetched = self.session.fetch::<Notes>(api::notes(None)).await;
            let Some(now) = self.changes.try_get_value() else {
                // The user has left this page.
                return;
            };
            if now != changes {
                // The announcement of the change stays.
                return self.load(false);
            }
            match fetched {
                Ok(Notes { notes, more }) => {
                    if announce {
                        self.announcement.set(counted(notes.len(), more));
                    }
                    self.notes.set(notes);
                    self.more.set(more);
                    self.list.set(List::Shown);
                }
                Err(Rejected::SignedOut) => {}
                Err(rejected) => self
                    .list
                    .set(List::Failed(format!("Your notes could not be fetched. {rejected}"))),
            }
        });
    }

    /// Begins a request of a button. `false` if one is in flight already.
    fn begin(self) -> bool {
        let begun = !self.busy.get_untracked();
        if begun {
            self.busy.set(true);
            self.announcement.set(String::new());
        }
        begun
    }

    pub(super) fn fetch_older(self) {
        if !self.begin() {
            return;
        }
        let last = self.notes.with_untracked(|notes| notes.last().map(|note| note.id));
        spawn_local(async move {
            let fetched = self.session.fetch::<Notes>(api::notes(last)).await;
            // If the session has ended since, this page and its signals are gone.
            if self.busy.try_set(false).is_some() {
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

    /// Opens the form for a stored note, after it has been read: the list may be stale.
    pub(super) fn edit(self, id: NoteId) {
        if !self.begin() {
            return;
        }
        spawn_local(async move {
            let opened = open(self.session, id).await;
            if self.busy.try_set(false).is_some() {
                return;
            }
            match opened {
                Ok(opened) => self.writing.set(Some(Target::Stored(opened))),
                Err(Rejected::SignedOut) => {}
                // Deleted elsewhere.
                Err(rejected) if rejected.is(ErrorCode::NotFound) => self.fetch(),
                Err(rejected) => {
                    self.announcement.set(format!("This note could not be fetched. {rejected}"));
                }
            }
        });
    }

    pub(super) fn delete(self, note: Note) {
        if !self.begin() {
            return;
        }
        spawn_local(async move {
            let outcome = self.session.carry_out(&api::delete_note(note.id)).await;
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
                // Deleted elsewhere.
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

    /// Shows what the form has stored.
    fn written(self, note: Note) {
        self.announcement.set(format!("“{}” is saved.", note.title));
        self.changes.update_value(|changes| *changes += 1);
        self.notes.update(|notes| match notes.iter_mut().find(|it| it.id == note.id) {
            Some(stale) => *stale = note,
            None => notes.insert(0, note),
        });
    }

    pub(super) fn form_reports(self, outcome: Outcome) {
        match outcome {
            Outcome::Saved { note, is_open } => {
                self.written(note);
                if is_open {
                    self.close_form();
                }
            }
            Outcome::Outdated => self.load(false),
            Outcome::Cancelled => self.close_form(),
        }
    }

    /// Closes the form; the focus returns to the button that opened it.
    fn close_form(self) {
        let opener = match self.writing.get_untracked() {
            Some(Target::Stored(opened)) if self.lists(opened.note.id) => {
                format!("#note-{} button", opened.note.id)
            }
            _ => "#new-note".to_owned(),
        };
        self.writing.set(None);
        focus_soon(opener);
    }

    fn lists(self, id: NoteId) -> bool {
        self.notes.with_untracked(|notes| notes.iter().any(|note| note.id == id))
    }
}

/// For screen readers, whose users do not see the list change.
fn counted(notes: usize, more: bool) -> String {
    let notes = match notes {
        0 => return NONE.to_owned(),
        1 => "One note".to_owned(),
        notes => format!("{notes} notes"),
    };
    if more { format!("{notes}, and there are more") } else { notes }
}
