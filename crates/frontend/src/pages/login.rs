//! The login page. The form shows the server's answer; [`login_redirect`](super::login_redirect) knows the next page.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::Secret;
use shared::body::LoginRequest;
use shared::path::{LOGIN_PAGE, REGISTER_PAGE};

use super::login_redirect::{RedirectOnceSignedIn, with_next};
use crate::components::button::SubmitButton;
use crate::components::cookie_note::CookieNote;
use crate::components::field::{Field, FieldSpec, value_of};
use crate::components::form::{FormAlert, FormState};
use crate::components::link::Link;
use crate::components::password_field::PasswordField;
use crate::components::script_needed::ScriptNeeded;
use crate::part::SecondPart;

const EMAIL: FieldSpec =
    FieldSpec { name: "email", label: "Email", kind: "email", autocomplete: "username" };

#[component]
pub(crate) fn LoginPage() -> impl IntoView {
    view! {
        <RedirectOnceSignedIn />
        <section class="narrow">
            <h1 class="page-title" tabindex="-1">
                "Log in"
            </h1>
            <ScriptNeeded />
            <CookieNote />
            <LoginForm />
            <p class="aside">
                "New here? " <Link href=with_next(REGISTER_PAGE)>"Create an account"</Link>
                ". It takes an email address and a good password."
            </p>
        </section>
    }
}

#[component]
fn LoginForm() -> impl IntoView {
    let part = expect_context::<SecondPart>();
    let form = FormState::new("login-form");
    let (email, password) = (NodeRef::new(), NodeRef::new());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if !form.begin() {
            return;
        }
        let body =
            LoginRequest { email: value_of(email), password: Secret::new(value_of(password)) };
        spawn_local(async move {
            // After success this page is left, and the form with it.
            if let Err(rejected) = part.log_in(body).await {
                form.reject(rejected);
            }
        });
    };
    view! {
        // Before hydration the button is disabled; a form submitted all the same must not be a GET with the password
        // in its URL.
        <form id=form.id class="form" method="post" action=LOGIN_PAGE novalidate on:submit=submit on:focusin=move |_| part.prefetch()>
            <FormAlert form />
            <Field spec=EMAIL node=email form />
            <PasswordField autocomplete="current-password" node=password form />
            <SubmitButton label="Log in" busy_label="Logging in…" form />
        </form>
    }
}
