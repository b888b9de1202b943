//! Countdown to the expiry of the access token. It does not act at expiry: the next call gets a 401, refreshes and
//! retries.

use std::time::Duration;

use leptos::prelude::*;

use super::text::Text;
use crate::session::Session;
use crate::session::clock::now_ms;

/// The countdown. Signed-in users alone see it, so the server never renders it.
#[component]
pub(crate) fn Countdown() -> impl IntoView {
    let session = expect_context::<Session>();
    let now = RwSignal::new(now_ms());
    let every_second = move || now.set(now_ms());
    if let Ok(interval) = set_interval_with_handle(every_second, Duration::from_secs(1)) {
        on_cleanup(move || interval.clear());
    }
    let lifetime = move || session.detail(|it| it.lifetime_seconds).unwrap_or_default();
    let seconds_left = move || {
        let expires_at = session.detail(|it| it.expires_at_ms).unwrap_or_default();
        // A token that has just arrived is newer than the last tick.
        whole_seconds(expires_at - now.get()).min(u32::try_from(lifetime()).unwrap_or(0))
    };
    let expired = move || seconds_left() == 0;
    let note = move || {
        if expired() {
            "Expired, by this browser's clock. The next call is refused, refreshes it, and is repeated."
        } else {
            "Valid until the countdown ends. It is kept in the memory of this page only."
        }
    };
    view! {
        <div class="countdown" data-expired=move || expired().to_string()>
            <p class="countdown-digits">
                // A screen reader reads a timer on request, not each second.
                <span role="timer" aria-label="Access token" data-testid="access-token-countdown">
                    <Text text=move || clock(seconds_left()) />
                </span>
            </p>
            <progress
                class="countdown-bar"
                aria-hidden="true"
                max=move || lifetime().max(1).to_string()
                value=move || seconds_left().to_string()
            ></progress>
            <p class="countdown-note">
                <Text text=note />
            </p>
        </div>
    }
}

/// Milliseconds as seconds, rounded up.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not negative, and a cast of floats saturates"
)]
pub(crate) fn whole_seconds(milliseconds: f64) -> u32 {
    (milliseconds.max(0.0) / 1000.0).ceil() as u32
}

fn clock(seconds: u32) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}
