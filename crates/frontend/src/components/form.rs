//! What every form shares: whether it is busy, what is wrong with which field, and the alert above
//! it. It must not know which fields there are.

use leptos::prelude::*;
use shared::{ErrorCode, FieldError, Problem};

use crate::dom::focus_soon;
use crate::session::Rejected;

/// The state of one form.
#[derive(Clone, Copy)]
pub(crate) struct FormState {
    pub(crate) busy: RwSignal<bool>,
    alert: RwSignal<Option<String>>,
    errors: RwSignal<Vec<FieldError>>,
}

impl FormState {
    pub(crate) fn new() -> Self {
        Self {
            busy: RwSignal::new(false),
            alert: RwSignal::new(None),
            errors: RwSignal::new(Vec::new()),
        }
    }

    /// Begins to send. `false` if something is on its way already.
    pub(crate) fn begin(self) -> bool {
        if self.busy.get_untracked() {
            return false;
        }
        self.busy.set(true);
        self.alert.set(None);
        self.errors.set(Vec::new());
        true
    }

    /// Shows why it was in vain, and puts the focus where the user can mend it.
    pub(crate) fn reject(self, rejected: Rejected) {
        if self.busy.try_set(false).is_some() {
            // The user has left this form, and it is gone.
            return;
        }
        match rejected {
            Rejected::ForNow(trouble) => {
                self.alert.set(Some(format!("{trouble} Nothing is lost: try again in a moment.")));
            }
            Rejected::Problem(problem, retry_after) => self.show(*problem, retry_after),
        }
        if !self.errors.with_untracked(Vec::is_empty) {
            focus_soon("form [aria-invalid=true]");
        }
    }

    fn show(self, problem: Problem, retry_after_seconds: Option<u32>) {
        let wait = retry_after_seconds.map_or_else(
            || " Try again later.".to_owned(),
            |seconds| format!(" Try again in {}.", in_words(seconds)),
        );
        match problem.code {
            ErrorCode::ValidationFailed if !problem.errors.is_empty() => {
                self.errors.set(problem.errors);
            }
            ErrorCode::EmailTaken => self.errors.set(vec![FieldError {
                field: "email".to_owned(),
                code: ErrorCode::EmailTaken.as_str().to_owned(),
                message: "There is an account with this email address already.".to_owned(),
            }]),
            ErrorCode::InvalidCredentials => self.alert.set(Some(
                "This email address and password do not belong together. Check both and try again."
                    .to_owned(),
            )),
            ErrorCode::RateLimited => {
                self.alert.set(Some(format!("That was too often.{wait}")));
            }
            ErrorCode::TemporarilyUnavailable => self.alert.set(Some(format!(
                "The server cannot do this right now; nothing has been changed.{wait}"
            ))),
            _ => self.alert.set(Some(format!(
                "{} (If you ask for help, quote {}.)",
                problem.title, problem.request_id
            ))),
        }
    }

    /// What is wrong with `field`, tracked.
    pub(crate) fn error_of(self, field: &'static str) -> Option<String> {
        self.errors.with(|errors| {
            errors.iter().find(|error| error.field == field).map(|error| error.message.clone())
        })
    }

    /// The user is mending `field`.
    pub(crate) fn mend(self, field: &'static str) {
        if self.errors.with_untracked(|errors| errors.iter().any(|error| error.field == field)) {
            self.errors.update(|errors| errors.retain(|error| error.field != field));
        }
    }
}

/// What is wrong with the form as a whole.
#[component]
pub(crate) fn FormAlert(form: FormState) -> impl IntoView {
    move || form.alert.get().map(|alert| view! { <p class="form-alert" role="alert">{alert}</p> })
}

fn in_words(seconds: u32) -> String {
    match seconds {
        0..=1 => "a second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}
