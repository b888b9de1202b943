//! The activity page: security events of the account, newest first, in pages. Their texts come from
//! [`crate::messages`].

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::EventId;
use shared::body::{Event, Events};

use super::protected_page::ProtectedPage;
use crate::api;
use crate::components::event_list::EventList;
use crate::components::failed::Failed;
use crate::components::filter_bar::FilterBar;
use crate::components::skeleton::Skeleton;
use crate::components::text::Text;
use crate::dom::focus_soon;
use crate::messages::Filter;
use crate::session::{Rejected, Session};

#[component]
pub(crate) fn ActivityPage() -> impl IntoView {
    view! {
        <ProtectedPage heading="Security activity">
            <ActivityContent />
        </ProtectedPage>
    }
}

/// The state of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Fetching,
    Failed(String),
    Empty,
    Shown,
}

#[derive(Clone, Copy)]
struct Page {
    session: Session,
    filter: RwSignal<Filter>,
    state: RwSignal<State>,
    events: RwSignal<Vec<Event>>,
    next: RwSignal<Option<EventId>>,
    fetching_older: RwSignal<bool>,
    announcement: RwSignal<String>,
}

impl Page {
    fn fetch(self) {
        let filter = self.filter.get_untracked();
        self.state.set(State::Fetching);
        self.announcement.set(String::new());
        spawn_local(async move {
            let fetched = self.session.fetch::<Events>(api::events(&filter.kinds(), None)).await;
            // The user may have left this page since, or chosen another filter.
            if self.filter.try_get_untracked() != Some(filter) {
                return;
            }
            match fetched {
                Ok(Events { events, next }) => {
                    let empty = events.is_empty();
                    self.announcement.set(counted(events.len(), next.is_some()));
                    self.events.set(events);
                    self.next.set(next);
                    self.state.set(if empty { State::Empty } else { State::Shown });
                }
                Err(Rejected::SignedOut) => {}
                Err(rejected) => self
                    .state
                    .set(State::Failed(format!("Your activity could not be fetched. {rejected}"))),
            }
        });
    }

    fn fetch_older(self) {
        if self.fetching_older.get_untracked() {
            return;
        }
        self.fetching_older.set(true);
        self.announcement.set(String::new());
        let (filter, before) = (self.filter.get_untracked(), self.next.get_untracked());
        spawn_local(async move {
            let fetched = self.session.fetch::<Events>(api::events(&filter.kinds(), before)).await;
            if self.fetching_older.try_set(false).is_some()
                || self.filter.get_untracked() != filter
                || self.next.get_untracked() != before
            {
                return;
            }
            match fetched {
                Ok(Events { events, next }) => {
                    self.announcement
                        .set(format!("{} older.", counted(events.len(), next.is_some())));
                    self.events.update(|all| all.extend(events));
                    self.next.set(next);
                    if next.is_none() {
                        // The button is gone, and the focus with it.
                        focus_soon("#activity-said");
                    }
                }
                Err(Rejected::SignedOut) => {}
                Err(rejected) => self.announcement.set(rejected.to_string()),
            }
        });
    }
}

/// For screen readers, whose users do not see the list change.
fn counted(events: usize, more: bool) -> String {
    match (events, more) {
        (0, _) => "No events".to_owned(),
        (events, more) => {
            let events =
                if events == 1 { "One event".to_owned() } else { format!("{events} events") };
            if more { format!("{events}, and there are more") } else { events }
        }
    }
}

#[component]
fn ActivityContent() -> impl IntoView {
    let page = Page {
        session: expect_context(),
        filter: RwSignal::new(Filter::Everything),
        state: RwSignal::new(State::Fetching),
        events: RwSignal::new(Vec::new()),
        next: RwSignal::new(None),
        fetching_older: RwSignal::new(false),
        announcement: RwSignal::new(String::new()),
    };
    Effect::new(move |_| {
        page.filter.track();
        page.fetch();
    });
    view! {
        <p class="lead">
            "The security events of your account, newest first. Unusual refreshes have a list of their own; Sessions counts the others."
        </p>
        <FilterBar chosen=page.filter />
        {move || match page.state.get() {
            State::Fetching => view! { <Skeleton says="Fetching your activity…" /> }.into_any(),
            State::Failed(why) => view! { <Failed why retry=move || page.fetch() /> }.into_any(),
            State::Empty => {
                view! { <p class="aside">{page.filter.get_untracked().nothing()}</p> }.into_any()
            }
            State::Shown => view! { <Shown page /> }.into_any(),
        }}
        <p class="said" data-kind="count" id="activity-said" role="status" tabindex="-1">
            <Text text=page.announcement />
        </p>
    }
}

#[component]
fn Shown(page: Page) -> impl IntoView {
    let more = Memo::new(move |_| page.next.with(Option::is_some));
    view! {
        <EventList events=page.events.into() />
        {move || {
            more.get()
                .then(|| {
                    view! {
                        <p>
                            <button
                                type="button"
                                class="button"
                                aria-disabled=move || page.fetching_older.get().then_some("true")
                                on:click=move |_| page.fetch_older()
                            >
                                <Text text=move || {
                                    if page.fetching_older.get() { "Fetching…" } else { "Show older" }
                                } />
                            </button>
                        </p>
                    }
                })
        }}
    }
}
