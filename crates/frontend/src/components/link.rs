//! A link to a page of this site.

use leptos::prelude::*;
use leptos::text_prop::TextProp;

use crate::router::Router;

/// The link; `aria-current` marks the one to the shown page.
#[component]
pub(crate) fn Link(
    #[prop(into)] href: TextProp,
    children: Children,
    #[prop(optional)] class: Option<&'static str>,
    #[prop(optional)] kind: Option<&'static str>,
    #[prop(optional)] size: Option<&'static str>,
) -> impl IntoView {
    let path = expect_context::<Router>().path();
    let target = href.clone();
    let is_current = move || {
        let target = target.get();
        path.with(|path| target.split('?').next() == Some(path.as_str()))
    };
    view! {
        <a
            href=move || href.get()
            aria-current=move || is_current().then_some("page")
            class=class
            data-kind=kind
            data-size=size
        >
            {children()}
        </a>
    }
}
