//! The user's active sessions as a list of cards. The page revokes the session that the user selects.

use leptos::prelude::*;
use shared::SessionId;
use shared::body::SessionInfo;

use crate::dom::local_time;
use crate::messages::{how_often, kind_of_device, titled};

/// The list; `revoke` gets the session and the name of its device.
#[component]
pub(crate) fn SessionList(
    sessions: Signal<Vec<SessionInfo>>,
    busy: Signal<bool>,
    revoke: Callback<(SessionId, String)>,
) -> impl IntoView {
    view! {
        <ul class="session-list" role="list">
            // Keyed by session id: a button never comes to revoke another session while the user clicks it.
            <For
                each=move || sessions.get()
                key=|session| session.id
                children=move |session| card(&session, busy, revoke)
            />
        </ul>
    }
}

fn card(
    session: &SessionInfo,
    busy: Signal<bool>,
    revoke: Callback<(SessionId, String)>,
) -> impl IntoView + use<> {
    let id = session.id;
    let title_id = format!("session-{id}");
    let device = titled(&session.device);
    let title = session.client.clone().unwrap_or_else(|| device.clone());
    let revoked = title.clone();
    let address = session.ip.clone().unwrap_or_else(|| "not known".to_owned());
    view! {
        <li class="session-card" data-current=session.current.to_string()>
            <div class="session-head">
                <h2 class="session-device" id=title_id.clone()>
                    {title}
                </h2>
                {kind_of_device(&session.device)
                    .map(|kind| view! { <span class="session-kind">{kind}</span> })}
            </div>
            <dl class="session-facts">
                {session.client.is_some().then(|| fact("Device", device))}
                {fact("IP address", address)} {fact("Logged in", local_time(session.created_at))}
                {fact("Last active", local_time(session.last_seen_at))}
                {session.refreshes.map(|count| fact("Refreshed", how_often(count)))}
                {fact("Expires", local_time(session.expires_at))}
            </dl>
            {if session.current {
                view! { <p class="session-this">"This device"</p> }.into_any()
            } else {
                view! {
                    <button
                        type="button"
                        class="button"
                        data-size="small"
                        aria-describedby=title_id
                        aria-disabled=move || busy.get().then_some("true")
                        on:click=move |_| revoke.run((id, revoked.clone()))
                    >
                        "Log out device"
                    </button>
                }
                    .into_any()
            }}
        </li>
    }
}

fn fact(term: &'static str, value: String) -> impl IntoView {
    view! {
        <div>
            <dt>{term}</dt>
            <dd>{value}</dd>
        </div>
    }
}
