//! The page that logs in, and goes on to the page that was asked for. It must not judge the answer
//! of the server; the form shows it.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::components::{A, Redirect};
use leptos_router::hooks::use_query_map;
use shared::Secret;
use shared::body::LoginRequest;
use shared::path::{ACCOUNT_PAGE, LOGIN_PAGE, NEXT_PARAMETER, REGISTER_PAGE, safe_next};

use crate::components::button::SubmitButton;
use crate::components::field::{Field, FieldSpec, value_of};
use crate::components::form::{FormAlert, FormState};
use crate::components::password_field::PasswordField;
use crate::components::script_needed::ScriptNeeded;
use crate::session::{Session, Standing};

const EMAIL: FieldSpec =
    FieldSpec { name: "email", label: "Email", kind: "email", autocomplete: "username" };

/// Log in.
#[component]
pub(crate) fn LoginPage() -> impl IntoView {
    view! {
        <Title text="Log in · Baton" />
        <OnwardOnceSignedIn />
        <section class="narrow">
            <h1 class="page-title" tabindex="-1">
                "Log in"
            </h1>
            <ScriptNeeded />
            <LoginForm />
            <p class="aside">
                "New here? " <A href=REGISTER_PAGE>"Create an account"</A>
                ". It takes an email address and a good password."
            </p>
        </section>
    }
}

#[component]
fn LoginForm() -> impl IntoView {
    let session = expect_context::<Session>();
    let form = FormState::new();
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
            if let Err(rejected) = session.log_in(&body).await {
                form.reject(rejected);
            }
        });
    };
    view! {
        // Before the scripts have taken over nothing can be sent, and should anything be, it must not
        // be a GET with the password in the address.
        <form class="form" method="post" action=LOGIN_PAGE novalidate on:submit=submit>
            <FormAlert form />
            <Field spec=EMAIL node=email form />
            <PasswordField autocomplete="current-password" node=password form />
            <SubmitButton label="Log in" busy_label="Logging in…" busy=form.busy />
        </form>
    }
}

/// Goes to the page that was asked for as soon as somebody is logged in, be it by this form, by a
/// restored session, or in another tab.
#[component]
pub(crate) fn OnwardOnceSignedIn() -> impl IntoView {
    let standing = expect_context::<Session>().standing();
    let query = use_query_map();
    move || {
        (standing.get() == Standing::SignedIn).then(|| {
            let asked_for = query.with_untracked(|query| query.get(NEXT_PARAMETER));
            let path = on_this_origin(safe_next(asked_for.as_deref()));
            let options = NavigateOptions { replace: true, ..NavigateOptions::default() };
            view! { <Redirect path options /> }
        })
    }
}

/// `path` as the browser resolves it, if that is still a path on this origin: `/.//elsewhere` is
/// one before it is resolved and none after.
fn on_this_origin(path: &str) -> String {
    let resolve = || {
        let origin = window().location().origin().ok()?;
        let url = web_sys::Url::new_with_base(path, &origin).ok()?;
        let ours = url.origin() == origin && !url.pathname().starts_with("//");
        ours.then(|| url.pathname() + &url.search() + &url.hash())
    };
    resolve().unwrap_or_else(|| ACCOUNT_PAGE.to_owned())
}
