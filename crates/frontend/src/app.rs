//! The frame of every page: contexts, routes, header, notices, footer, step-up dialog, and the focus after a
//! navigation.

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::StaticSegment;
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::hooks::use_location;
use shared::path::{
    ACCOUNT_PAGE, ACTIVITY_PAGE, HOME_PAGE, LOGIN_PAGE, NOTES_PAGE, REGISTER_PAGE, SESSIONS_PAGE,
    SETTINGS_PAGE,
};

use crate::components::keyed::keyed;
use crate::components::notice::Notice;
use crate::components::password_dialog::PasswordDialog;
use crate::components::site_footer::SiteFooter;
use crate::components::site_header::SiteHeader;
use crate::dom::{Ready, focus_soon};
use crate::page::server_context::{NotesService, SignedInHint};
use crate::pages::account::AccountPage;
use crate::pages::activity::ActivityPage;
use crate::pages::home::HomePage;
use crate::pages::login::LoginPage;
use crate::pages::not_found::NotFoundPage;
use crate::pages::notes::NotesPage;
use crate::pages::register::RegisterPage;
use crate::pages::sessions::SessionsPage;
use crate::pages::settings::SettingsPage;
use crate::session::Session;

/// Stands for the path of an unknown page.
const NO_PAGE: &str = "";

/// The application, on the server and in the browser.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let session = Session::new(SignedInHint::of_the_page().0);
    provide_context(session);
    provide_context(NotesService::of_the_page());
    let ready = RwSignal::new(false);
    provide_context(Ready(ready));
    // Effects run in the browser only, after the first render.
    Effect::new(move |_| {
        ready.set(true);
        session.start();
    });

    view! {
        <Router>
            <a class="skip-link" href="#main" rel="external">
                "Skip to content"
            </a>
            <SiteHeader />
            <Notice />
            <main id="main" class="main" tabindex="-1">
                <FlatRoutes fallback=|| whole(NO_PAGE, NotFoundPage)>
                    <Route path=StaticSegment(HOME_PAGE) view=|| whole(HOME_PAGE, HomePage) />
                    <Route path=StaticSegment(REGISTER_PAGE) view=|| whole(REGISTER_PAGE, RegisterPage) />
                    <Route path=StaticSegment(LOGIN_PAGE) view=|| whole(LOGIN_PAGE, LoginPage) />
                    <Route path=StaticSegment(ACCOUNT_PAGE) view=|| whole(ACCOUNT_PAGE, AccountPage) />
                    <Route path=StaticSegment(NOTES_PAGE) view=|| whole(NOTES_PAGE, notes_page) />
                    <Route path=StaticSegment(SESSIONS_PAGE) view=|| whole(SESSIONS_PAGE, SessionsPage) />
                    <Route path=StaticSegment(ACTIVITY_PAGE) view=|| whole(ACTIVITY_PAGE, ActivityPage) />
                    <Route path=StaticSegment(SETTINGS_PAGE) view=|| whole(SETTINGS_PAGE, SettingsPage) />
                </FlatRoutes>
            </main>
            <SiteFooter />
            <PasswordDialog />
            <FocusOnNavigation />
        </Router>
    }
}

/// A page whose elements are all replaced when another page is shown.
fn whole<V: IntoView + 'static>(path: &'static str, view: fn() -> V) -> impl IntoView {
    keyed(move || path, move |_| view())
}

/// Without the service its page does not exist.
fn notes_page() -> AnyView {
    let NotesService(is_there) = expect_context();
    if is_there { NotesPage().into_any() } else { NotFoundPage().into_any() }
}

/// Moves the focus to the heading after a navigation, so that a screen reader reads it and the next Tab starts there.
/// The browser itself does this for the first page.
#[component]
fn FocusOnNavigation() -> impl IntoView {
    let path = use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let now = path.get();
        if before.is_some_and(|before| before != now) {
            focus_soon("main h1");
        }
        now
    });
}
