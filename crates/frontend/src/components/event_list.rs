//! Security events as a list, newest first. Their texts come from [`crate::messages`].

use leptos::prelude::*;
use shared::body::Event;

use crate::dom::{local_time, machine_time};
use crate::messages::{Tone, tone, what_happened};

#[component]
pub(crate) fn EventList(events: Signal<Vec<Event>>) -> impl IntoView {
    view! {
        <ol class="event-list" role="list">
            <For each=move || events.get() key=|event| event.id children=|event| entry(&event) />
        </ol>
    }
}

fn entry(event: &Event) -> impl IntoView + use<> {
    // As text too: colour alone does not reach every user.
    let (name, tag) = match tone(event.kind) {
        Tone::Calm => ("calm", None),
        Tone::Notable => ("notable", Some("Worth a look")),
        Tone::Alarm => ("alarm", Some("Alert")),
    };
    view! {
        <li class="event" data-tone=name>
            <p class="event-text">{what_happened(event)}</p>
            <p class="event-facts">
                <time datetime=machine_time(event.at)>{local_time(event.at)}</time>
                {event.current.then(|| view! { <span class="event-tag">"This session"</span> })}
                {tag.map(|tag| view! { <span class="event-tag event-tag-tone">{tag}</span> })}
            </p>
        </li>
    }
}
