//! Assesses a password while the user types it. The rule is `shared::password`, which the server applies too, so both
//! always agree.

use leptos::prelude::*;
use shared::password::{self, MIN_CHARACTERS, Strength, Weakness};

use super::form::FormState;
use super::password_field::PASSWORD;
use super::text::Text;

/// The id of the text, for the input's `aria-describedby`.
pub(crate) const STRENGTH_HINT: &str = "password-hint";
const LEVELS: u8 = 4;

/// The assessment of the password; never the password itself.
pub(crate) type Assessment = Option<Result<Strength, Weakness>>;

/// Assesses `typed` as the server will: in Unicode NFKC, with the words of the account. `None` for an empty input. In
/// the browser only.
pub(crate) fn assess(typed: String, email: &str, name: &str) -> Assessment {
    if typed.is_empty() {
        return None;
    }
    let normalized = String::from(js_sys::JsString::from(typed).normalize("NFKC"));
    Some(password::assess(&normalized, &password::context_of(email, name)))
}

#[component]
pub(crate) fn StrengthMeter(
    assessment: RwSignal<Assessment>,
    form: FormState,
    /// The name of the input.
    #[prop(default = PASSWORD)]
    name: &'static str,
) -> impl IntoView {
    // An error beside the input is not repeated here.
    let text = move || {
        let text = text(assessment.get());
        if form.error_of(name).as_deref() == Some(&*text) { String::new() } else { text }
    };
    let level = move || level(assessment.get());
    view! {
        <div class="strength" data-level=move || level().to_string()>
            <div
                class="strength-meter"
                role="meter"
                aria-label="Strength"
                aria-valuemin="0"
                aria-valuemax=LEVELS.to_string()
                aria-valuenow=move || level().to_string()
                aria-valuetext=move || word(level())
            >
                <span class="strength-lane"></span>
                <span class="strength-lane"></span>
                <span class="strength-lane"></span>
                <span class="strength-lane"></span>
            </div>
            <p class="strength-text" id=STRENGTH_HINT>
                <Text text />
            </p>
        </div>
    }
}

const fn level(assessment: Assessment) -> u8 {
    match assessment {
        None => 0,
        Some(Err(_)) => 1,
        Some(Ok(Strength::Fair)) => 2,
        Some(Ok(Strength::Good)) => 3,
        Some(Ok(Strength::Strong)) => LEVELS,
    }
}

const fn word(level: u8) -> &'static str {
    match level {
        0 => "empty",
        1 => "not accepted",
        2 => "fair",
        3 => "good",
        _ => "strong",
    }
}

fn text(assessment: Assessment) -> String {
    match assessment {
        None => format!(
            "At least {MIN_CHARACTERS} characters. A few unrelated words work well; nothing else is asked."
        ),
        Some(Err(weakness)) => weakness.to_string(),
        Some(Ok(Strength::Fair)) => "Fair: accepted. A little longer is better.".to_owned(),
        Some(Ok(Strength::Good)) => "Good: well beyond a word list.".to_owned(),
        Some(Ok(Strength::Strong)) => "Strong: beyond any guessing.".to_owned(),
    }
}
