//! The step-up dialog (RFC 9470): asks for the password on any page.

use leptos::html::Dialog;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::{ErrorCode, Secret};

use super::button::SubmitButton;
use super::field::value_of;
use super::form::{FormAlert, FormState};
use super::password_field::{PASSWORD, PasswordField};
use super::text::Text;
use super::username::Username;
use crate::dom::focus_soon;
use crate::session::{Rejected, Session, StepUpReason};

const TITLE: &str = "password-dialog-title";
const REASON: &str = "password-dialog-reason";

/// The dialog; empty without a pending step-up. The browser keeps the focus inside while the dialog is open, and
/// restores it afterwards.
#[component]
pub(crate) fn PasswordDialog() -> impl IntoView {
    let session = expect_context::<Session>();
    let dialog = NodeRef::<Dialog>::new();
    let is_open = move || dialog.get_untracked().is_some_and(|dialog| dialog.open());
    Effect::new(move |_| {
        let wanted = session.step_up_reason().is_some();
        let Some(dialog) = dialog.get() else { return };
        if wanted && !dialog.open() {
            let _ = dialog.show_modal();
            focus_soon(".password-dialog input:not([hidden])");
        } else if !wanted && dialog.open() {
            dialog.close();
        }
    });
    view! {
        <dialog
            class="password-dialog"
            node_ref=dialog
            aria-labelledby=TITLE
            aria-describedby=REASON
            // Escape, or the system's equivalent.
            on:cancel=move |event: web_sys::Event| {
                event.prevent_default();
                session.decline_step_up();
            }
            // A browser may close the dialog all the same.
            on:close=move |_| {
                if !is_open() {
                    session.decline_step_up();
                }
            }
        >
            {move || session.step_up_reason().map(|why| view! { <AskForPassword why /> })}
        </dialog>
    }
}

#[component]
fn AskForPassword(why: StepUpReason) -> impl IntoView {
    let session = expect_context::<Session>();
    let form = FormState::new("confirm-form");
    let password = NodeRef::new();
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if !form.begin() {
            return;
        }
        let typed = Secret::new(value_of(password));
        spawn_local(async move {
            // After success the dialog is gone, and the form with it.
            match session.reauthenticate(typed).await {
                Ok(()) => {}
                Err(Rejected::Problem(problem, _))
                    if problem.code == ErrorCode::InvalidCredentials =>
                {
                    form.reject_field(PASSWORD, "This is not your password. Try again.");
                }
                Err(rejected) => form.reject(rejected),
            }
        });
    };
    let reason = match why {
        StepUpReason::Sensitive => {
            "This is for you alone, and you logged in a while ago. Enter your password, to show that it is you."
        }
        StepUpReason::Unusual => {
            "Your session was used in another browser, on another device or in another place than before, here or elsewhere. Enter your password, to show that it is you."
        }
    };
    view! {
        <form id=form.id class="form" method="post" novalidate on:submit=submit>
            <h2 class="panel-title" id=TITLE>
                "Enter your password"
            </h2>
            <p id=REASON>
                <Text text=reason />
            </p>
            <FormAlert form />
            <Username />
            <PasswordField autocomplete="current-password" node=password form />
            <div class="form-actions">
                <SubmitButton label="Continue" busy_label="Checking…" form />
                <button type="button" class="button" on:click=move |_| session.decline_step_up()>
                    "Cancel"
                </button>
            </div>
        </form>
    }
}
