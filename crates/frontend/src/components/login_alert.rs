//! Login alert: asks the user whether a new login is theirs. `session::login_alerts` decides which logins are shown.

use leptos::prelude::*;
use shared::path::{ACTIVITY_PAGE, SESSIONS_PAGE};

use super::link::Link;
use super::text::Text;
use crate::dom::{focus_soon, local_time};
use crate::messages::client;
use crate::session::Session;

/// The notice, if there is an alert.
#[component]
pub(crate) fn LoginAlertNotice() -> impl IntoView {
    let session = expect_context::<Session>();
    let dismiss = move |_| {
        session.dismiss_login_alert();
        // The button is gone, and the focus with it.
        focus_soon("main h1");
    };
    move || {
        session.login_alert().map(|login| {
            let (client, at) = (client(&login.newest), local_time(login.newest.at));
            let others = match login.others {
                0 => String::new(),
                1 => " There was one other login since.".to_owned(),
                others => format!(" There were {others} other logins since."),
            };
            view! {
                <div class="notice" data-kind="trouble">
                    <p>
                        <Text text=format!("New login: {client}, at {at}. Was it you?{others}") />
                    </p>
                    <div class="notice-actions">
                        <Link href=SESSIONS_PAGE class="button" size="small">
                            "Active sessions"
                        </Link>
                        <Link href=ACTIVITY_PAGE class="button" size="small">
                            "Security activity"
                        </Link>
                        <button type="button" class="button" data-size="small" on:click=dismiss>
                            "Dismiss"
                        </button>
                    </div>
                </div>
            }
        })
    }
}
