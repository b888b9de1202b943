//! The settings page: name, password, deletion of the account.

use leptos::html::Input;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::body::PasswordRequest;
use shared::{ErrorCode, Secret};

use super::protected_page::ProtectedPage;
use crate::components::button::SubmitButton;
use crate::components::checkbox::Checkbox;
use crate::components::field::{Field, FieldSpec, value_of};
use crate::components::form::{FormAlert, FormState};
use crate::components::panel::Panel;
use crate::components::password_field::PasswordField;
use crate::components::strength_meter::{STRENGTH_HINT, StrengthMeter, assess};
use crate::components::text::Text;
use crate::components::username::Username;
use crate::dom::focus_soon;
use crate::session::{Rejected, Session};

const NAME: FieldSpec =
    FieldSpec { name: "name", label: "Name (optional)", kind: "text", autocomplete: "name" };
const CURRENT: &str = "current_password";
const NEW: &str = "new_password";
const UNDERSTOOD: &str = "understood";

#[component]
pub(crate) fn SettingsPage() -> impl IntoView {
    view! {
        <ProtectedPage heading="Your settings">
            <div class="account-grid">
                <PasswordPanel />
                <div class="stack">
                    <NamePanel />
                    <DeletePanel />
                </div>
            </div>
        </ProtectedPage>
    }
}

#[component]
fn NamePanel() -> impl IntoView {
    let session = expect_context::<Session>();
    let form = FormState::new("name-form");
    let announcement = RwSignal::new("");
    let name = NodeRef::new();
    let value = untrack(|| session.detail(|it| it.user.name.clone()).flatten());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if !form.begin() {
            return;
        }
        announcement.set("");
        let typed = value_of(name);
        spawn_local(async move {
            match session.change_name(&typed).await {
                Ok(()) if form.done() => announcement.set("Your name is changed."),
                Ok(()) => {}
                Err(rejected) => form.reject(rejected),
            }
        });
    };
    view! {
        <Panel id="name-title" title="Name">
            <form id=form.id class="form" method="post" novalidate on:submit=submit>
                <FormAlert form />
                <Field spec=NAME node=name form value />
                <SubmitButton label="Change name" busy_label="Changing name…" form />
                <p class="said" role="status">
                    <Text text=announcement />
                </p>
            </form>
        </Panel>
    }
}

#[component]
fn PasswordPanel() -> impl IntoView {
    let session = expect_context::<Session>();
    let form = FormState::new("password-form");
    let announcement = RwSignal::new("");
    let (current, new) = (NodeRef::<Input>::new(), NodeRef::<Input>::new());
    let assessment = RwSignal::new(None);
    let update_assessment = move || {
        let (email, name) = untrack(|| session.detail(|it| it.user.clone()))
            .map(|user| (user.email, user.name.unwrap_or_default()))
            .unwrap_or_default();
        assessment.set(assess(value_of(new), &email, &name));
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if !form.begin() {
            return;
        }
        announcement.set("");
        let body = PasswordRequest {
            current_password: Secret::new(value_of(current)),
            new_password: Secret::new(value_of(new)),
        };
        spawn_local(async move {
            match session.change_password(&body).await {
                Ok(()) if form.done() => {
                    for typed in [current, new].into_iter().filter_map(|it| it.get_untracked()) {
                        typed.set_value("");
                    }
                    assessment.set(None);
                    announcement
                        .set("Your password is changed, and all other devices are logged out.");
                }
                Ok(()) => {}
                Err(rejected) => reject(form, rejected),
            }
        });
    };
    view! {
        <Panel id="password-title" title="Password">
            <p>"Changing it logs out all other devices. This one stays logged in."</p>
            <form
                id=form.id
                class="form"
                method="post"
                novalidate
                on:submit=submit
                on:input=move |_| update_assessment()
            >
                <FormAlert form />
                <Username />
                <PasswordField
                    autocomplete="current-password"
                    node=current
                    form
                    name=CURRENT
                    label="Current password"
                />
                <PasswordField
                    autocomplete="new-password"
                    node=new
                    form
                    hint=STRENGTH_HINT
                    name=NEW
                    label="New password"
                />
                <StrengthMeter assessment form name=NEW />
                <SubmitButton label="Change password" busy_label="Changing password…" form />
                <p class="said" role="status">
                    <Text text=announcement />
                </p>
            </form>
        </Panel>
    }
}

fn reject(form: FormState, rejected: Rejected) {
    match rejected {
        Rejected::Problem(problem, _) if problem.code == ErrorCode::InvalidCredentials => {
            form.reject_field(CURRENT, "This is not your current password.");
        }
        Rejected::Uncertain(error) => form.reject_because(format!(
            "{error} It is not known whether your password was changed. Try again: if the current \
             password is refused then, the new one is in place already."
        )),
        rejected => form.reject(rejected),
    }
}

#[component]
fn DeletePanel() -> impl IntoView {
    let session = expect_context::<Session>();
    let form = FormState::new("delete-form");
    let understood = NodeRef::<Input>::new();
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if !form.begin() {
            return;
        }
        if !understood.get_untracked().is_some_and(|it| it.checked()) {
            form.reject_field(UNDERSTOOD, "Tick this first, if you mean it.");
            return;
        }
        spawn_local(async move {
            match session.delete_account().await {
                Ok(()) => focus_soon("main h1"),
                Err(rejected) => form.reject(rejected),
            }
        });
    };
    view! {
        <Panel id="delete-title" title="Delete the account">
            <p>
                "Your email address, your name, your password, your sessions and your security activity are deleted, and you are logged out everywhere at once. This cannot be undone."
            </p>
            <form id=form.id class="form" method="post" novalidate on:submit=submit>
                <FormAlert form />
                <Checkbox
                    name=UNDERSTOOD
                    label="I understand that this cannot be undone."
                    node=understood
                    form
                />
                <SubmitButton
                    label="Delete my account"
                    busy_label="Deleting your account…"
                    form
                    kind="danger"
                />
            </form>
        </Panel>
    }
}
