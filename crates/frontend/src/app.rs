//! The frame of every page: contexts, routes, header, notices, footer, step-up dialog, and the focus after a
//! navigation.

use std::future::Future;
use std::pin::Pin;

use leptos::prelude::*;

use crate::components::keyed::keyed;
use crate::components::notice::Notice;
use crate::components::site_footer::SiteFooter;
use crate::components::site_header::SiteHeader;
use crate::dom::{Ready, focus_soon};
use crate::page::server_context::{NotesService, SignedInHint};
use crate::pages::home::HomePage;
use crate::pages::login::LoginPage;
use crate::pages::not_found::NotFoundPage;
use crate::pages::register::RegisterPage;
use crate::part::{self, Part, Piece, SecondPart};
use crate::route::Route;
use crate::router::Router;
use crate::second_part;
use crate::session::Session;

/// The application, on the server and in the browser.
#[component]
pub fn App() -> impl IntoView {
    let session = Session::new(SignedInHint::of_the_page().0);
    provide_context(session);
    let part = SecondPart::new(load_second_part, session);
    provide_context(part);
    let router = Router::new(part, needs_part);
    provide_context(router);
    let notes = NotesService::of_the_page();
    provide_context(notes);
    let ready = RwSignal::new(false);
    provide_context(Ready(ready));
    // In the task of hydration, so that the start script can take the listeners back if it traps.
    if !cfg!(feature = "ssr") {
        router.listen();
    }
    let path = router.path();
    let route = Memo::new(move |_| path.with(|path| Route::of(path, notes)));
    // Effects run in the browser only, after the first render.
    Effect::new(move |_| {
        ready.set(true);
        if session.look() || part.is_here() {
            part.prefetch();
        } else {
            session.wait_for_other_tabs(move || part.prefetch());
        }
    });
    Effect::new(move |_| document().set_title(route.get().title()));
    focus_on_navigation(path);

    view! {
        <a class="skip-link" href="#main" rel="external">
            "Skip to content"
        </a>
        <SiteHeader />
        <Notice />
        <main id="main" class="main" tabindex="-1">
            // All elements are replaced when another page is shown.
            {keyed(move || route.get(), page_of)}
        </main>
        <SiteFooter />
        {move || part.view_once_started(Piece::PasswordDialog)}
    }
}

fn page_of(route: Route) -> AnyView {
    match route {
        Route::Home => HomePage().into_any(),
        Route::Register => RegisterPage().into_any(),
        Route::Login => LoginPage().into_any(),
        Route::NotFound => NotFoundPage().into_any(),
        // The server has both parts at once.
        _ if cfg!(feature = "ssr") => second_part::view(Piece::Page(route)),
        _ => part::view(Piece::Page(route)),
    }
}

/// Loads the second part if the first page needs it, or a session is to be restored. Whether it could be loaded.
#[cfg(feature = "hydrate")]
pub(crate) async fn load_for_first_page() -> bool {
    let path = window().location().pathname().unwrap_or_default();
    let is_needed = needs_part(&path) || crate::session::hint_is_there();
    !is_needed || part::load(load_second_part).await.is_some()
}

fn needs_part(path: &str) -> bool {
    Route::of(path, NotesService::of_the_page()).is_behind_login()
}

fn load_second_part() -> Pin<Box<dyn Future<Output = Option<Part>>>> {
    Box::pin(second_part::load())
}

/// Moves the focus to the heading after a navigation, so that a screen reader reads it and the next Tab starts there.
/// The browser itself does this for the first page.
fn focus_on_navigation(path: Memo<String>) {
    Effect::new(move |before: Option<String>| {
        let now = path.get();
        if before.is_some_and(|before| before != now) {
            focus_soon("main h1");
        }
        now
    });
}
