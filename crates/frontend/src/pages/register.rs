//! The registration page. `shared::password` has the password rule; this page only shows it.

use leptos::html::Input;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::body::RegisterRequest;
use shared::path::{LOGIN_PAGE, REGISTER_PAGE};
use shared::{ErrorCode, Secret};

use super::login_redirect::{RedirectOnceSignedIn, with_next};
use crate::components::button::SubmitButton;
use crate::components::cookie_note::CookieNote;
use crate::components::field::{Field, FieldSpec, value_of};
use crate::components::form::{FormAlert, FormState};
use crate::components::link::Link;
use crate::components::password_field::{PASSWORD, PasswordField};
use crate::components::script_needed::ScriptNeeded;
use crate::components::strength_meter::{Assessment, STRENGTH_HINT, StrengthMeter};
use crate::part::SecondPart;

const EMAIL: FieldSpec =
    FieldSpec { name: "email", label: "Email", kind: "email", autocomplete: "email" };
const NAME: FieldSpec =
    FieldSpec { name: "name", label: "Name (optional)", kind: "text", autocomplete: "name" };

/// The password is refused here only if an earlier try of this form has created the account.
const ANOTHER_PASSWORD: &str =
    "Your earlier try has created this account, with another password. Enter that one.";

#[component]
pub(crate) fn RegisterPage() -> impl IntoView {
    view! {
        <RedirectOnceSignedIn />
        <section class="narrow">
            <h1 class="page-title" tabindex="-1">
                "Create your account"
            </h1>
            <ScriptNeeded />
            <CookieNote />
            <RegisterForm />
            <p class="aside">
                "Been here before? " <Link href=with_next(LOGIN_PAGE)>"Use the account you have"</Link> "."
            </p>
        </section>
    }
}

/// The inputs, which hold the typed values.
#[derive(Clone, Copy)]
struct Typed {
    email: NodeRef<Input>,
    name: NodeRef<Input>,
    password: NodeRef<Input>,
}

impl Typed {
    fn body(self) -> RegisterRequest {
        let name = value_of(self.name);
        RegisterRequest {
            email: value_of(self.email),
            password: Secret::new(value_of(self.password)),
            name: (!name.trim().is_empty()).then_some(name),
        }
    }

    fn assessment(self, part: SecondPart) -> Assessment {
        part.assess(value_of(self.password), &value_of(self.email), &value_of(self.name))
    }
}

#[component]
fn RegisterForm() -> impl IntoView {
    let part = expect_context::<SecondPart>();
    let form = FormState::new("register-form");
    let typed = Typed { email: NodeRef::new(), name: NodeRef::new(), password: NodeRef::new() };
    let assessment = RwSignal::new(None);
    let update_assessment = move || assessment.set(typed.assessment(part));
    // The user may have typed before hydration, or before the second part has arrived, which knows the rule.
    Effect::new(move |_| {
        part.track_start();
        update_assessment();
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if !form.begin() {
            return;
        }
        let body = typed.body();
        spawn_local(async move {
            // After success this page is left, and the form with it.
            match part.register(body).await {
                Ok(()) => {}
                Err(rejected) if rejected.is(ErrorCode::InvalidCredentials) => {
                    form.reject_field(PASSWORD, ANOTHER_PASSWORD);
                }
                Err(rejected) => form.reject(rejected),
            }
        });
    };
    view! {
        // A POST for the reason given at the login form. Email address and name are words that an attacker tries
        // first, so they change the assessment of the password.
        <form
            id=form.id class="form"
            method="post"
            action=REGISTER_PAGE
            novalidate
            on:submit=submit
            on:focusin=move |_| part.prefetch()
            on:input=move |_| update_assessment()
        >
            <FormAlert form />
            <Field spec=EMAIL node=typed.email form />
            <Field spec=NAME node=typed.name form />
            <PasswordField
                autocomplete="new-password"
                node=typed.password
                form
                hint=STRENGTH_HINT
            />
            <StrengthMeter assessment form />
            <SubmitButton label="Create account" busy_label="Creating account…" form />
        </form>
    }
}
