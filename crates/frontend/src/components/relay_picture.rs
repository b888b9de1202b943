//! The picture of the relay. Its colours and its movement are the stylesheet's.

use leptos::prelude::*;

/// As one string: elements would cost the browser's program ten times as much, and hydration has
/// nothing to do here.
const PICTURE: &str = include_str!("relay_picture.svg");

/// Two hands and a baton.
#[component]
pub(crate) fn RelayPicture() -> impl IntoView {
    view! { <div class="relay-frame" inner_html=PICTURE></div> }
}
