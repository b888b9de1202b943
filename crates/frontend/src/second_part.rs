//! What is in the second part of the program ([`crate::part`]), and the boundary at which the build splits it off.

use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};

use crate::components::password_dialog::PasswordDialog;
use crate::components::session_notices::SessionNotices;
use crate::components::site_header::LogoutButton;
use crate::components::strength_meter::assess;
use crate::pages::account::AccountPage;
use crate::pages::activity::ActivityPage;
use crate::pages::not_found::NotFoundPage;
use crate::pages::notes::NotesPage;
use crate::pages::sessions::SessionsPage;
use crate::pages::settings::SettingsPage;
use crate::part::{Part, Piece};
use crate::route::Route;
use crate::session::Session;

/// Loads it; `None` if it did not arrive.
pub(crate) async fn load() -> Option<Part> {
    contents().await.ok()
}

/// The boundary: what this function alone leads to is in the second part.
#[wasm_split(second_part, wasm_split_path = ::leptos::wasm_split, fallible)]
fn contents() -> Result<Part, SplitLoaderError> {
    Ok(Part {
        view,
        log_in: |session, body| Box::pin(async move { session.log_in(&body).await }),
        register: |session, body| Box::pin(async move { session.register(&body).await }),
        // It brings the list of common passwords, and the letters of Unicode in upper and lower case.
        assess,
        start: Session::start,
    })
}

/// A view of this part.
pub(crate) fn view(piece: Piece) -> AnyView {
    match piece {
        Piece::Page(Route::Account) => AccountPage().into_any(),
        Piece::Page(Route::Notes) => NotesPage().into_any(),
        Piece::Page(Route::Sessions) => SessionsPage().into_any(),
        Piece::Page(Route::Activity) => ActivityPage().into_any(),
        Piece::Page(Route::Settings) => SettingsPage().into_any(),
        Piece::Page(_) => NotFoundPage().into_any(),
        Piece::LogoutButton => LogoutButton().into_any(),
        Piece::SessionNotices => SessionNotices().into_any(),
        Piece::PasswordDialog => PasswordDialog().into_any(),
    }
}
