//! Replaces all elements of a part when its key changes. A framework that reuses similar elements changes only their
//! text nodes, and text nodes that a browser's translator has taken away are no longer visible.

use std::hash::Hash;
use std::sync::Arc;

use leptos::prelude::*;

/// Shows `view` of the current `key` until the key changes.
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

/// Compiled once for each key type, not for each view: it adds some kilobytes to the program.
fn part<K: Clone + Eq + Hash + Send + 'static>(
    key: Arc<dyn Fn() -> K + Send + Sync>,
    view: Arc<dyn Fn(K) -> AnyView + Send + Sync>,
) -> AnyView {
    view! { <For each=move || [key()] key=K::clone children=move |key| view(key) /> }.into_any()
}
