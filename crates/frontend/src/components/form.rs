//! What every form shares: whether it is busy, what is wrong with which field, and the alert above
//! it. It must not know which fields there are.

use std::time::Duration;

use leptos::prelude::*;
use shared::{ErrorCode, FieldError, Problem};

use super::countdown::whole_seconds;
use super::text::Text;
use crate::dom::focus_soon;
use crate::messages;
use crate::session::Rejected;
use crate::session::browser::{here, now_ms};

/// The state of one form.
#[derive(Clone, Copy)]
pub(crate) struct FormState {
    /// The id of the form's element.
    pub(crate) id: &'static str,
    busy: RwSignal<bool>,
    alert: RwSignal<Option<String>>,
    errors: RwSignal<Vec<FieldError>>,
    /// Seconds until the server wants to hear again; 0 when that is now.
    wait: RwSignal<Option<u32>>,
}

impl FormState {
    pub(crate) fn new(id: &'static str) -> Self {
        Self {
            id,
            busy: RwSignal::new(false),
            alert: RwSignal::new(None),
            errors: RwSignal::new(Vec::new()),
            wait: RwSignal::new(None),
        }
    }

    /// Begins to send. `false` if something is on its way already, or the server asked to wait.
    pub(crate) fn begin(self) -> bool {
        if self.busy.get_untracked() || self.wait.get_untracked().is_some_and(|left| left > 0) {
            return false;
        }
        self.busy.set(true);
        self.clear();
        true
    }

    /// Nothing is wrong any more.
    pub(crate) fn clear(self) {
        self.alert.set(None);
        self.errors.set(Vec::new());
        self.wait.set(None);
    }

    /// Whether something is on its way, tracked. Meanwhile the fields keep what was sent.
    pub(crate) fn is_busy(self) -> bool {
        self.busy.get()
    }

    /// Whether the server has asked to wait, tracked.
    pub(crate) fn must_wait(self) -> bool {
        self.wait.get().is_some_and(|left| left > 0)
    }

    /// It has been done. `false` if the form is gone.
    pub(crate) fn done(self) -> bool {
        self.busy.try_set(false).is_none()
    }

    /// Shows that `field` is wrong, and puts the focus there.
    pub(crate) fn reject_field(self, field: &str, message: &str) {
        if !self.done() {
            return;
        }
        let error = FieldError {
            field: field.to_owned(),
            code: String::new(),
            message: message.to_owned(),
        };
        self.errors.set(vec![error]);
        self.focus_what_is_wrong();
    }

    /// Shows `why` above the form.
    pub(crate) fn reject_because(self, why: String) {
        if self.done() {
            self.alert.set(Some(why));
        }
    }

    /// Shows why it was in vain, and puts the focus where the user can mend it.
    pub(crate) fn reject(self, rejected: Rejected) {
        if !self.done() {
            // The user has left this form, and it is gone.
            return;
        }
        match rejected {
            Rejected::Transient(error) => {
                self.alert.set(Some(format!("{error} Nothing is lost: try again in a moment.")));
            }
            Rejected::Problem(problem, retry_after) => self.show(*problem, retry_after),
            // The page is about to say so itself.
            Rejected::SignedOut => {}
            Rejected::Uncertain(_) | Rejected::Declined | Rejected::NoCookies => {
                self.alert.set(Some(rejected.to_string()));
            }
        }
        if !self.errors.with_untracked(Vec::is_empty) {
            self.focus_what_is_wrong();
        }
    }

    fn focus_what_is_wrong(self) {
        focus_soon(format!("#{} [aria-invalid=true]", self.id));
    }

    /// Counts down until `until_ms`, by this browser's clock.
    fn count_down(self, until_ms: f64) {
        let left = whole_seconds(until_ms - now_ms());
        if self.wait.try_set(Some(left)).is_some() {
            // The form is gone.
            return;
        }
        if left > 0 {
            set_timeout(move || self.count_down(until_ms), Duration::from_secs(1));
        } else {
            self.alert.set(None);
        }
    }

    fn show(self, problem: Problem, retry_after_seconds: Option<u32>) {
        let wait = retry_after_seconds.map_or_else(
            || " Try again later.".to_owned(),
            |seconds| format!(" Try again in {}.", messages::seconds(seconds)),
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
                "This email address and password open no account. Check both and try again."
                    .to_owned(),
            )),
            ErrorCode::RateLimited => {
                let why = messages::why_limited(problem.limited_by);
                match retry_after_seconds {
                    Some(seconds) if messages::is_worth_waiting(problem.limited_by) => {
                        self.alert.set(Some(why.to_owned()));
                        self.count_down(now_ms() + f64::from(seconds) * 1000.0);
                    }
                    None if messages::is_worth_waiting(problem.limited_by) => {
                        self.alert.set(Some(format!("{why}{wait}")));
                    }
                    _ => self.alert.set(Some(why.to_owned())),
                }
            }
            ErrorCode::TemporarilyUnavailable => self.alert.set(Some(format!(
                "The server cannot do this right now; nothing has been changed.{wait}"
            ))),
            ErrorCode::CrossSite if problem.accepted_origin.is_some() => {
                let accepted = problem.accepted_origin.unwrap_or_default();
                let (here, path) = here();
                let why = messages::why_not_from_here(&accepted, &here, &path);
                let quote = format!("(If you ask for help, quote {}.)", problem.request_id);
                self.alert.set(Some(format!("{why} {quote}")));
            }
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
    pub(crate) fn clear_error(self, field: &'static str) {
        if self.errors.with_untracked(|errors| errors.iter().any(|error| error.field == field)) {
            self.errors.update(|errors| errors.retain(|error| error.field != field));
        }
    }
}

/// What is wrong with the form as a whole, and for how long.
#[component]
pub(crate) fn FormAlert(form: FormState) -> impl IntoView {
    view! {
        {move || {
            form.alert
                .get()
                .map(|alert| {
                    view! {
                        <p class="form-alert" role="alert">
                            <Text text=alert />
                        </p>
                    }
                })
        }}
        {move || {
            match form.wait.get() {
                None => None,
                Some(0) => {
                    Some(
                        view! {
                            <p class="form-wait" role="status">
                                <Text text="You can try again now." />
                            </p>
                        }
                            .into_any(),
                    )
                }
                // A timer is not read out each second unless one asks for it.
                Some(left) => {
                    let text = format!("Try again in {}.", messages::seconds(left));
                    Some(
                        view! {
                            <p class="form-wait" role="timer">
                                <Text text />
                            </p>
                        }
                            .into_any(),
                    )
                }
            }
        }}
    }
}
