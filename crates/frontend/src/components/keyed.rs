//! A part of a page that is one of several. Another one is other elements: the framework would otherwise change the
//! text nodes of elements that look alike, and those that a translator has taken away are not shown any more. It must
//! not know what the parts are.

use std::hash::Hash;
use std::sync::Arc;

use leptos::prelude::*;

/// Shows `view` of the current `key`, for as long as that stays the same.
pub(crate) fn keyed<K, V>(
    key: impl Fn() -> K + Send + Sync + 'static,
    view: impl Fn(K) -> V + Send + Sync + 'static,
) -> impl IntoView
where
    K: Clone + Eq + Hash + Send + 'static,
    V: IntoView + 'static,
{
    part(Arc::new(key), Arc::new(move |key| view(key).into_any()))
}

/// Once for each type of key, and not for each view: it is some kilobytes of program.
fn part<K: Clone + Eq + Hash + Send + 'static>(
    key: Arc<dyn Fn() -> K + Send + Sync>,
    view: Arc<dyn Fn(K) -> AnyView + Send + Sync>,
) -> AnyView {
    view! { <For each=move || [key()] key=K::clone children=move |key| view(key) /> }.into_any()
}
