//! The token flow in four steps, for readers who do not know tokens. It must stay true to docs/design/rotation.md.

use leptos::prelude::*;

const LEGS: [(&str, &str); 4] = [
    (
        "You log in.",
        "The server gives you two things. An access token, which opens the API for a quarter of an hour. \
        And a refresh token: the baton, in a cookie that no script can read.",
    ),
    (
        "The access token runs.",
        "It goes along with every call and lives only in the memory of this page. Close the tab and it is \
        gone. Nothing to find in storage, nothing to find in the address bar.",
    ),
    (
        "The baton is passed on.",
        "When the access token expires, the browser hands its refresh token over and gets the next one: \
        number 7 for number 6, never 6 twice. Each hand-over also brings a new access token.",
    ),
    (
        "A copy gives itself away.",
        "If a number comes in a second time, and not as a retry of the same request, two parties hold the baton: \
        the whole session is revoked at once. If only the answer was lost, the browser proves that it is itself and \
        simply asks again.",
    ),
];

#[component]
pub(crate) fn Steps() -> impl IntoView {
    view! {
        <section class="steps" aria-labelledby="steps-title">
            <h2 class="section-title" id="steps-title">
                "One race, four legs"
            </h2>
            <ol class="steps-list" role="list">
                {LEGS
                    .map(|(title, text)| {
                        view! {
                            <li class="step">
                                <h3 class="step-title">{title}</h3>
                                <p>{text}</p>
                            </li>
                        }
                    })
                    .collect_view()}
            </ol>
        </section>
    }
}
