//! The frame of pages that need a login: heading, navigation, a placeholder while the session is restored, and the
//! redirect to the login page and back.

use leptos::prelude::*;
use shared::RevocationReason;
use shared::path::LOGIN_PAGE;

use super::login_redirect::login_with_return;
use crate::components::account_nav::AccountNav;
use crate::components::keyed::keyed;
use crate::components::skeleton::Skeleton;
use crate::router::Router;
use crate::session::{AuthState, AuthStatus, Session, SignOutReason};

/// A page whose content needs an authenticated user.
#[component]
pub(crate) fn ProtectedPage(heading: &'static str, children: ChildrenFn) -> impl IntoView {
    let session = expect_context::<Session>();
    let status = session.auth_status();
    let session_id = Memo::new(move |_| session.detail(|it| it.session_id));
    view! {
        <section class="account">
            <AccountNav />
            <h1 class="page-title" tabindex="-1">
                {heading}
            </h1>
            // Another session is another page: all elements of the previous one are replaced.
            {keyed(
                move || (status.get(), session_id.get()),
                move |(status, _)| match status {
                    AuthStatus::Restoring => view! { <Skeleton /> }.into_any(),
                    AuthStatus::SignedIn => children().into_any(),
                    AuthStatus::SignedOut => view! { <RedirectToLogin /> }.into_any(),
                },
            )}
        </section>
    }
}

/// Redirects to the login page; the user comes back after the login, unless they left on purpose.
#[component]
fn RedirectToLogin() -> impl IntoView {
    let left = matches!(
        expect_context::<Session>().auth_state_untracked(),
        AuthState::SignedOut(Some(
            SignOutReason::LoggedOut
                | SignOutReason::LoggedOutHereOnly
                | SignOutReason::Ended(Some(RevocationReason::Deleted))
        ))
    );
    let path = if left { LOGIN_PAGE.to_owned() } else { login_with_return() };
    expect_context::<Router>().redirect(&path);
}
