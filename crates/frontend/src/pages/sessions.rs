//! The sessions page: lists the user's active sessions and revokes one or all others.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::body::{SessionInfo, Sessions};
use shared::{ErrorCode, SessionId};

use super::protected_page::ProtectedPage;
use crate::api;
use crate::components::failed::Failed;
use crate::components::keyed::keyed;
use crate::components::session_list::SessionList;
use crate::components::skeleton::Skeleton;
use crate::components::text::Text;
use crate::dom::focus_soon;
use crate::session::{Rejected, Session};

#[component]
pub(crate) fn SessionsPage() -> impl IntoView {
    view! {
        <ProtectedPage heading="Active sessions">
            <SessionsContent />
        </ProtectedPage>
    }
}

/// The session to revoke.
enum Target {
    /// One session, with the name of its device.
    One(SessionId, String),
    /// All except this one.
    Others,
}

/// `None` while it is fetched, else the list, or the reason why it could not be fetched.
type Fetched = Option<Result<Vec<SessionInfo>, String>>;

#[derive(Clone, Copy)]
struct Page {
    session: Session,
    list: RwSignal<Fetched>,
    busy: RwSignal<bool>,
    announcement: RwSignal<String>,
}

impl Page {
    fn fetch(self) {
        self.list.set(None);
        spawn_local(async move {
            let fetched = match self.session.fetch::<Sessions>(api::sessions()).await {
                Ok(body) => Ok(body.sessions),
                Err(Rejected::SignedOut) => return,
                Err(rejected) => Err(format!("Your sessions could not be fetched. {rejected}")),
            };
            // The user may have left this page since.
            self.list.try_set(Some(fetched));
        });
    }

    fn revoke(self, target: Target) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.announcement.set(String::new());
        spawn_local(async move {
            let outcome = match &target {
                Target::One(id, _) => self.session.carry_out(&api::revoke_session(*id)).await,
                Target::Others => self.session.revoke_other_sessions().await,
            };
            // If this session has ended since, this page and its signals are gone.
            if self.busy.try_set(false).is_none() {
                self.tell(&target, outcome);
            }
        });
    }

    fn tell(self, target: &Target, outcome: Result<(), Rejected>) {
        match outcome {
            Ok(()) => {}
            // Already revoked.
            Err(Rejected::Problem(problem, _)) if problem.code == ErrorCode::NotFound => {}
            Err(Rejected::SignedOut) => return,
            Err(rejected) => return self.announcement.set(rejected.to_string()),
        }
        let stays = |session: &SessionInfo| match target {
            Target::One(id, _) => session.id != *id,
            Target::Others => session.current,
        };
        self.list.update(|list| {
            if let Some(Ok(sessions)) = list {
                sessions.retain(stays);
            }
        });
        self.announcement.set(match target {
            Target::One(_, device) => format!("{device} was logged out."),
            Target::Others => "All other devices were logged out.".to_owned(),
        });
        // The button that was pressed is gone, and the focus with it.
        focus_soon("main h1");
    }

    /// The list, tracked; empty while it is fetched.
    fn sessions(self) -> Vec<SessionInfo> {
        self.list.with(|list| list.clone().and_then(Result::ok).unwrap_or_default())
    }
}

#[component]
fn SessionsContent() -> impl IntoView {
    let page = Page {
        session: expect_context(),
        list: RwSignal::new(None),
        busy: RwSignal::new(false),
        announcement: RwSignal::new(String::new()),
    };
    page.fetch();
    // Not rebuilt at every change of the list.
    let state = Memo::new(move |_| page.list.with(|list| list.as_ref().map(|it| it.clone().err())));
    view! {
        <p class="lead">
            "The browsers and programs that are logged in to your account. If you do not recognise one, log it out and change your password."
        </p>
        <p class="said" role="status">
            <Text text=page.announcement />
        </p>
        {move || match state.get() {
            None => view! { <Skeleton says="Fetching your sessions…" /> }.into_any(),
            Some(Some(why)) => view! { <Failed why retry=move || page.fetch() /> }.into_any(),
            Some(None) => view! { <List page /> }.into_any(),
        }}
    }
}

#[component]
fn List(page: Page) -> impl IntoView {
    let alone = Memo::new(move |_| page.sessions().iter().all(|session| session.current));
    view! {
        <SessionList
            sessions=Signal::derive(move || page.sessions())
            busy=page.busy.into()
            revoke=Callback::new(move |(id, device)| page.revoke(Target::One(id, device)))
        />
        {keyed(
            move || alone.get(),
            move |alone| if alone {
                view! { <p class="aside">"No other device is logged in."</p> }.into_any()
            } else {
                view! {
                    <p>
                        <button
                            type="button"
                            class="button"
                            data-kind="danger"
                            aria-disabled=move || page.busy.get().then_some("true")
                            on:click=move |_| page.revoke(Target::Others)
                        >
                            "Log out of all other devices"
                        </button>
                    </p>
                }
                    .into_any()
            },
        )}
    }
}
