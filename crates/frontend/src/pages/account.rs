//! The account page: user, session, expiry of the access token, and a call that shows refresh and retry.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::body::{Me, SessionInfo};

use super::protected_page::ProtectedPage;
use crate::api;
use crate::components::countdown::Countdown;
use crate::components::facts::Fact;
use crate::components::network_log::NetworkLogList;
use crate::components::panel::Panel;
use crate::components::text::Text;
use crate::dom::local_time;
use crate::session::login_alerts::began_at;
use crate::session::{CallError, CallPath, CallResult, Session, SignedIn};

#[component]
pub(crate) fn AccountPage() -> impl IntoView {
    view! {
        <ProtectedPage heading="Your account">
            <Account />
        </ProtectedPage>
    }
}

#[component]
fn Account() -> impl IntoView {
    let session = expect_context::<Session>();
    let seen = RwSignal::new(None::<SessionInfo>);
    view! {
        <div class="account-grid">
            <Panel id="token-title" title="Access token">
                <Countdown />
            </Panel>
            <CallPanel seen />
            <Panel id="user-title" title="Profile">
                <dl class="facts">
                    <Fact term="Name" value=Signal::derive(move || name(session)) />
                    <Fact
                        term="Email"
                        value=Signal::derive(move || detail(session, |it| it.user.email.clone()))
                    />
                    <Fact
                        term="User id"
                        value=Signal::derive(move || detail(session, |it| it.user.id.to_string()))
                    />
                </dl>
            </Panel>
            <SessionPanel seen />
        </div>
        <NetworkLogList />
    }
}

/// The session as this page knows it. Its expiry is known after a call of the API: the answer to a refresh does not
/// name it.
#[component]
fn SessionPanel(seen: RwSignal<Option<SessionInfo>>) -> impl IntoView {
    let session = expect_context::<Session>();
    let fact = move |of: fn(&SignedIn) -> String| Signal::derive(move || detail(session, of));
    let expires = move || {
        let expires_at = seen.with(|seen| seen.as_ref().map(|seen| local_time(seen.expires_at)));
        expires_at.map(|at| view! { <Fact term="Expires" value=Signal::stored(at) /> })
    };
    view! {
        <Panel id="session-title" title="This session">
            <dl class="facts">
                <Fact term="Session id" value=fact(|it| it.session_id.to_string()) />
                <Fact term="Logged in" value=fact(|it| local_time(began_at(it.session_id))) />
                <Fact term="Last active" value=fact(|it| local_time(it.refreshed_at())) />
                {expires}
            </dl>
        </Panel>
    }
}

#[component]
fn CallPanel(seen: RwSignal<Option<SessionInfo>>) -> impl IntoView {
    let session = expect_context::<Session>();
    let busy = RwSignal::new(false);
    let result = RwSignal::new(String::new());
    let call = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        result.set("Calling…".to_owned());
        spawn_local(async move {
            let called = session.call(api::me()).await;
            let me = called.answer.as_ref().ok().and_then(|it| it.json::<Me>());
            // If the session has ended since, this page and its signals are gone.
            if result.try_set(in_words(&called, me.as_ref())).is_none() {
                busy.set(false);
                if let Some(me) = me {
                    seen.set(Some(me.session));
                }
            }
        });
    };
    view! {
        <Panel id="call-title" title="Try it">
            <p>
                "A call with a valid token is answered at once. Wait until it has expired and call again: the call is refused, the token refreshed, and the call repeated."
            </p>
            <p>
                <button
                    type="button"
                    class="button"
                    data-kind="primary"
                    aria-disabled=move || busy.get().then_some("true")
                    on:click=call
                >
                    "Call the API"
                </button>
            </p>
            <p class="call-result" role="status">
                <Text text=result />
            </p>
        </Panel>
    }
}

fn in_words(called: &CallResult, me: Option<&Me>) -> String {
    let answer = match &called.answer {
        Err(CallError::SignedOut) => {
            return "The session that this was for is not logged in here any more.".to_owned();
        }
        Err(CallError::Declined) => {
            return "Not done: your session waits for your password.".to_owned();
        }
        Err(CallError::Transient(error) | CallError::Unanswered(error)) => {
            return format!("{error} You are still logged in: call again in a moment.");
        }
        Ok(answer) => answer,
    };
    match (me, called.path) {
        (Some(_), CallPath::Direct) => "Answered in one try.".to_owned(),
        (Some(_), CallPath::RefreshedFirst) => "Refreshed first, then answered.".to_owned(),
        (Some(_), CallPath::Retried) => "Expired, refreshed, repeated: answered.".to_owned(),
        (None, _) => match answer.problem() {
            Some(problem) => format!("{} ({})", problem.title, answer.status),
            None => format!("The answer ({}) could not be read.", answer.status),
        },
    }
}

fn name(session: Session) -> String {
    detail(session, |it| it.user.name.clone().unwrap_or_else(|| "not given".to_owned()))
}

fn detail(session: Session, of: fn(&SignedIn) -> String) -> String {
    session.detail(of).unwrap_or_default()
}
