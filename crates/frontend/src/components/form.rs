//! State of a form: whether it is busy, the errors of its fields, the alert above it, and the wait that a rate limit
//! asks for.

use std::time::Duration;

use leptos::prelude::*;
use shared::{ErrorCode, FieldError, Problem};

use super::countdown::whole_seconds;
use super::text::Text;
use crate::dom::focus_soon;
use crate::messages;
use crate::session::Rejected;
use crate::session::clock::now_ms;
use crate::session::location::here;

#[derive(Clone, Copy)]
pub(crate) struct FormState {
    /// The id of the form's element.
    pub(crate) id: &'static str,
    busy: RwSignal<bool>,
    alert: RwSignal<Option<String>>,
    errors: RwSignal<Vec<FieldError>>,
    /// Seconds until a retry is allowed (`Retry-After`); 0 when it is allowed now.
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

    /// Begins to submit. `false` if a request is in flight already, or the wait of a rate limit has not passed.
    pub(crate) fn begin(self) -> bool {
        if self.busy.get_untracked() || self.wait.get_untracked().is_some_and(|left| left > 0) {
            return false;
        }
        self.busy.set(true);
        self.clear();
        true
    }

    /// Clears the alert, the errors and the wait.
    fn clear(self) {
        self.alert.set(None);
        self.errors.set(Vec::new());
        self.wait.set(None);
    }

    /// Whether a request is in flight, tracked. The fields are read-only until it is answered.
    pub(crate) fn is_busy(self) -> bool {
        self.busy.get()
    }

    /// Whether the server asked to wait (`Retry-After`), tracked.
    pub(crate) fn must_wait(self) -> bool {
        self.wait.get().is_some_and(|left| left > 0)
    }

    /// The request is answered. `false` if the form is no longer mounted.
    pub(crate) fn done(self) -> bool {
        self.busy.try_set(false).is_none()
    }

    /// Shows an error at `field`, and moves the focus there.
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

    /// Shows why the request failed, and moves the focus to the first invalid field.
    pub(crate) fn reject(self, rejected: Rejected) {
        if !self.done() {
            // The user has left the page of this form.
            return;
        }
        match rejected {
            Rejected::Transient(error) => {
                self.alert.set(Some(format!("{error} Nothing is lost: try again in a moment.")));
            }
            Rejected::Problem(problem, retry_after) => self.show(*problem, retry_after),
            // The page is about to show the reason itself.
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

    /// Counts down to `until_ms` by this browser's clock.
    fn count_down(self, until_ms: f64) {
        let left = whole_seconds(until_ms - now_ms());
        if self.wait.try_set(Some(left)).is_some() {
            // The form is no longer mounted.
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

    /// The error of `field`, tracked.
    pub(crate) fn error_of(self, field: &'static str) -> Option<String> {
        self.errors.with(|errors| {
            errors.iter().find(|error| error.field == field).map(|error| error.message.clone())
        })
    }

    /// Removes the error of `field`, which the user is editing.
    pub(crate) fn clear_error(self, field: &'static str) {
        if self.errors.with_untracked(|errors| errors.iter().any(|error| error.field == field)) {
            self.errors.update(|errors| errors.retain(|error| error.field != field));
        }
    }
}

/// The alert of the form, and the countdown to a retry.
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
                // A screen reader reads a timer on request, not each second.
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
