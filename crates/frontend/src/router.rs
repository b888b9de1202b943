//! Client-side navigation: links are followed, and the back button is obeyed, without loading another document. It
//! must not know pages or their views: `App` says which paths need the second part of the program.

use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};

use crate::page::server_context::{PageUrl, ServerRedirect};
use crate::part::SecondPart;

/// The URL of the shown page, on this origin.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Here {
    pub(crate) path: String,
    /// Without its `?`.
    pub(crate) query: String,
    /// With its `#`; always empty on the server, which never gets it.
    pub(crate) fragment: String,
}

impl Here {
    /// From its parts as browsers write them, with `?` and `#`.
    fn new(path: String, search: &str, fragment: String) -> Self {
        Self { path, query: search.strip_prefix('?').unwrap_or(search).to_owned(), fragment }
    }

    /// From a path with a query, as in a request line.
    fn of_request(url: &str) -> Self {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        Self::new(path.to_owned(), query, String::new())
    }

    /// In the browser only.
    fn of_window() -> Self {
        let location = window().location();
        let part = |part: Result<String, JsValue>| part.unwrap_or_default();
        Self::new(part(location.pathname()), &part(location.search()), part(location.hash()))
    }

    fn of_url(url: &web_sys::Url) -> Self {
        Self::new(url.pathname(), &url.search(), url.hash())
    }

    pub(crate) fn whole(&self) -> String {
        let Self { path, query, fragment } = self;
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{path}{mark}{query}{fragment}")
    }
}

/// What a navigation does to the history and the scroll position.
#[derive(Clone, Copy)]
enum Change {
    /// A new entry of the history; scrolls to the fragment or to the top.
    Push,
    /// The same entry with another URL; scrolls as well.
    Replace,
    /// The same, without scrolling.
    Rewrite,
    /// The browser has changed both already.
    Traversed,
}

/// The router of the page. All copies are the same.
#[derive(Clone, Copy)]
pub(crate) struct Router {
    here: RwSignal<Here>,
    part: SecondPart,
    /// Whether the page of a path is in the second part.
    needs_part: fn(&str) -> bool,
    /// Counts navigations: a later one supersedes one that still loads.
    navigation: StoredValue<u32>,
}

impl Router {
    pub(crate) fn new(part: SecondPart, needs_part: fn(&str) -> bool) -> Self {
        let here = if cfg!(feature = "ssr") {
            use_context().map(|PageUrl(url)| Here::of_request(&url)).unwrap_or_default()
        } else {
            Here::of_window()
        };
        Self { here: RwSignal::new(here), part, needs_part, navigation: StoredValue::new(0) }
    }

    /// The URL of the shown page, tracked.
    pub(crate) fn here(self) -> Here {
        self.here.get()
    }

    pub(crate) fn here_untracked(self) -> Here {
        self.here.get_untracked()
    }

    /// The path of the shown page, tracked.
    pub(crate) fn path(self) -> Memo<String> {
        Memo::new(move |_| self.here.with(|here| here.path.clone()))
    }

    /// Shows the page at `to` in place of this one. While the server renders, its answer becomes a redirect.
    pub(crate) fn redirect(self, to: &str) {
        match use_context() {
            Some(ServerRedirect(target)) => {
                *target.lock().expect("no holder panics") = Some(to.to_owned());
            }
            None => self.navigate(to, Change::Replace),
        }
    }

    /// Writes another URL of the same page into the address bar.
    pub(crate) fn rewrite(self, to: &str) {
        self.navigate(to, Change::Rewrite);
    }

    /// Follows links and the back button from now on. In the browser only.
    pub(crate) fn listen(self) {
        let clicks = window_event_listener(ev::click, move |event| self.follow(&event));
        let traversals = window_event_listener(ev::popstate, move |_| {
            self.go(Here::of_window(), Change::Traversed);
        });
        on_cleanup(move || {
            clicks.remove();
            traversals.remove();
        });
    }

    /// Follows a click on a link to a page of this site; all other clicks are the browser's.
    fn follow(self, event: &web_sys::MouseEvent) {
        let for_the_browser = event.default_prevented()
            || event.button() != 0
            || event.meta_key()
            || event.alt_key()
            || event.ctrl_key()
            || event.shift_key();
        if for_the_browser {
            return;
        }
        let path = event.composed_path();
        let link = path.iter().find_map(|it| it.dyn_into::<web_sys::HtmlAnchorElement>().ok());
        let Some(link) = link.filter(|link| !link.href().is_empty() && link.target().is_empty())
        else {
            return;
        };
        let is_external = link.rel().split_ascii_whitespace().any(|word| word == "external");
        let Some(url) = on_this_origin(&link.href()) else { return };
        if !is_external && !link.has_attribute("download") {
            event.prevent_default();
            self.go(Here::of_url(&url), Change::Push);
        }
    }

    fn navigate(self, to: &str, change: Change) {
        match on_this_origin(to) {
            Some(url) => self.go(Here::of_url(&url), change),
            None => open(to),
        }
    }

    fn go(self, to: Here, change: Change) {
        let ours = self.navigation.try_update_value(|count| {
            *count = count.wrapping_add(1);
            *count
        });
        if self.part.is_here() || !(self.needs_part)(&to.path) {
            return self.show(to, change);
        }
        spawn_local(async move {
            let loaded = self.part.load().await;
            if self.navigation.try_get_value() != ours {
                return;
            }
            if loaded.is_some() {
                self.show(to, change);
            } else {
                // As after an update of the server: a new document names new files, and can say what is wrong.
                open(&to.whole());
            }
        });
    }

    fn show(self, to: Here, change: Change) {
        let whole = to.whole();
        let is_another = self.here.with_untracked(|here| *here != to);
        if let Ok(history) = window().history() {
            // Both fail only where the browser limits their number.
            let _ = match change {
                Change::Push if is_another => {
                    history.push_state_with_url(&JsValue::NULL, "", Some(&whole))
                }
                Change::Replace | Change::Rewrite => {
                    history.replace_state_with_url(&JsValue::NULL, "", Some(&whole))
                }
                Change::Push | Change::Traversed => Ok(()),
            };
        }
        let fragment = to.fragment.clone();
        if is_another {
            self.here.set(to);
        }
        if matches!(change, Change::Push | Change::Replace) {
            // After the page has been rendered.
            spawn_local(async move { scroll_to(&fragment) });
        }
    }
}

/// `to` as a URL, if it is one of this origin.
fn on_this_origin(to: &str) -> Option<web_sys::Url> {
    let origin = window().location().origin().ok()?;
    web_sys::Url::new_with_base(to, &origin).ok().filter(|url| url.origin() == origin)
}

/// Loads another document.
fn open(url: &str) {
    // It fails only for a malformed URL, which leads to no page.
    let _ = window().location().set_href(url);
}

/// Scrolls to the element that the fragment names, or to the top.
fn scroll_to(fragment: &str) {
    let id = fragment.strip_prefix('#').unwrap_or(fragment);
    let id = js_sys::decode_uri_component(id).map_or_else(|_| id.to_owned(), String::from);
    let target = (!id.is_empty()).then(|| document().get_element_by_id(&id)).flatten();
    match target {
        Some(element) => element.scroll_into_view(),
        None => window().scroll_to_with_x_and_y(0.0, 0.0),
    }
}

/// Percent-encodes what is no unreserved character (RFC 3986 section 2.3).
pub(crate) fn escape(text: &str) -> String {
    use std::fmt::Write;

    text.bytes().fold(String::with_capacity(text.len()), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::{Here, escape};

    #[test]
    fn only_unreserved_characters_are_not_escaped() {
        assert_eq!(escape("/a-b?c=%20&d#é~"), "%2Fa-b%3Fc%3D%2520%26d%23%C3%A9~");
    }

    #[test]
    fn a_request_is_a_path_and_a_query() {
        for url in ["/", "/activity?kind=logins&q=a%20b"] {
            assert_eq!(Here::of_request(url).whole(), url);
        }
        assert_eq!(Here::of_request("/a?b?c").query, "b?c");
    }
}
