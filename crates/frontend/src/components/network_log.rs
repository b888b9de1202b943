//! The network log on the account page: refused calls, refreshes and retries. It shows an [`Exchange`], which holds
//! no token.

use leptos::prelude::*;
use shared::path::REFRESH;

use crate::session::Session;
use crate::session::network_log::Exchange;

#[component]
pub(crate) fn NetworkLogList() -> impl IntoView {
    let network_log = expect_context::<Session>().network_log();
    view! {
        <section class="network-log">
            <h2 class="panel-title" id="network-title">
                "Network log"
            </h2>
            <p class="network-log-hint">
                "The last calls from this tab, oldest first: method, path and status. Tokens are never shown, and calls in the background are left out."
            </p>
            <ol class="network-list" role="list" aria-labelledby="network-title">
                <For
                    each=move || network_log.with(|network_log| network_log.exchanges().to_vec())
                    key=|exchange| exchange.number
                    children=|exchange| entry(&exchange)
                />
            </ol>
        </section>
    }
}

fn entry(exchange: &Exchange) -> impl IntoView + use<> {
    let outcome = match exchange.status {
        Some(200..=299) => "ok",
        Some(401) => "refused",
        Some(_) => "failed",
        None => "silent",
    };
    let status = exchange.status.map_or_else(|| "no answer".to_owned(), |it| it.to_string());
    let kind = if exchange.path == REFRESH { "refresh" } else { "call" };
    let request = format!("{} {}", exchange.method, exchange.path);
    view! {
        <li class="network-exchange" data-outcome=outcome data-kind=kind>
            <span class="network-request">{request}</span>
            " "
            <span class="network-status">{status}</span>
        </li>
    }
}
