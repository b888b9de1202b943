//! The picture on the home page. The stylesheet has its colours and its animation.

use leptos::prelude::*;

/// One string: as elements it would add ten times as much to the program, and hydration has no use for it.
const PICTURE: &str = include_str!("relay_picture.svg");

#[component]
pub(crate) fn RelayPicture() -> impl IntoView {
    view! { <div class="relay-frame" inner_html=PICTURE></div> }
}
