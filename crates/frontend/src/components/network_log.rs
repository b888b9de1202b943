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
        <section class="wire-log">
            <h2 class="panel-title" id="wire-title">
                "On the wire"
            </h2>
            <p class="wire-log-hint">
                "Method, path and answer of the last calls from this tab, oldest first. Tokens are never shown, and what this page asks by itself is left out."
            </p>
            <ol class="wire-list" role="list" aria-labelledby="wire-title">
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
    let kind = if exchange.path == REFRESH { "handover" } else { "call" };
    let request = format!("{} {}", exchange.method, exchange.path);
    view! {
        <li class="wire-leg" data-outcome=outcome data-kind=kind>
            <span class="wire-request">{request}</span>
            " "
            <span class="wire-status">{status}</span>
        </li>
    }
}
