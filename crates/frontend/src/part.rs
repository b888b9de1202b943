//! The second part of the program: the client of a session and the pages behind the login, which the first page of a
//! visitor does not need. Browsers fetch it when the visitor turns to a form, when a session is restored, or when
//! another tab logs in. This file must not know what is in it: [`second_part`](crate::second_part) does.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::body::{LoginRequest, RegisterRequest};

use crate::components::strength_meter::Assessment;
use crate::route::Route;
use crate::session::transient_error::TransientError;
use crate::session::{Rejected, Session};
use crate::transport::NoAnswer;

/// The result of a login or a registration.
pub(crate) type SigningIn = Pin<Box<dyn Future<Output = Result<(), Rejected>>>>;

/// What the second part offers to the first.
#[derive(Clone, Copy)]
pub(crate) struct Part {
    pub(crate) view: fn(Piece) -> AnyView,
    pub(crate) log_in: fn(Session, LoginRequest) -> SigningIn,
    pub(crate) register: fn(Session, RegisterRequest) -> SigningIn,
    /// Assesses a password, for an email address and a name.
    pub(crate) assess: fn(String, &str, &str) -> Assessment,
    /// Starts the client.
    pub(crate) start: fn(Session),
}

/// A view of the second part.
#[derive(Clone, Copy)]
pub(crate) enum Piece {
    Page(Route),
    LogoutButton,
    SessionNotices,
    PasswordDialog,
}

/// Loads the second part; `None` if it did not arrive.
pub(crate) type Load = fn() -> Pin<Box<dyn Future<Output = Option<Part>>>>;

thread_local! {
    static LOADED: Cell<Option<Part>> = const { Cell::new(None) };
}

/// Loads the second part, if it is not here yet. A failure may be tried again.
pub(crate) async fn load(from: Load) -> Option<Part> {
    if LOADED.get().is_none() {
        LOADED.set(from().await);
    }
    LOADED.get()
}

/// The second part, for the session of this page. All copies are the same.
#[derive(Clone, Copy)]
pub(crate) struct SecondPart {
    from: Load,
    session: Session,
    started: RwSignal<bool>,
}

impl SecondPart {
    pub(crate) fn new(from: Load, session: Session) -> Self {
        Self { from, session, started: RwSignal::new(false) }
    }

    /// Loads it and starts the client. `None` if it could not be loaded.
    pub(crate) async fn load(self) -> Option<Part> {
        let part = load(self.from).await?;
        if !self.started.get_untracked() {
            self.started.set(true);
            (part.start)(self.session);
        }
        Some(part)
    }

    /// Loads it in the background: it will be needed. A failure shows when it is.
    pub(crate) fn prefetch(self) {
        spawn_local(async move {
            self.load().await;
        });
    }

    pub(crate) fn is_here(self) -> bool {
        LOADED.get().is_some()
    }

    /// A view that exists only once the client has started, tracked. Never before hydration: the server has none.
    pub(crate) fn view_once_started(self, piece: Piece) -> Option<AnyView> {
        self.started.get().then(|| view(piece))
    }

    /// Lets the calling effect run again once the client has started.
    pub(crate) fn track_start(self) {
        self.started.track();
    }

    /// The assessment of a password; `None` until this part is here, which a password not yet assessed calls for.
    pub(crate) fn assess(self, password: String, email: &str, name: &str) -> Assessment {
        if let Some(part) = LOADED.get() {
            return (part.assess)(password, email, name);
        }
        if !password.is_empty() {
            self.prefetch();
        }
        None
    }

    pub(crate) async fn log_in(self, body: LoginRequest) -> Result<(), Rejected> {
        let part = self.load().await.ok_or_else(not_loaded)?;
        (part.log_in)(self.session, body).await
    }

    pub(crate) async fn register(self, body: RegisterRequest) -> Result<(), Rejected> {
        let part = self.load().await.ok_or_else(not_loaded)?;
        (part.register)(self.session, body).await
    }
}

/// A view of the second part, which is here.
pub(crate) fn view(piece: Piece) -> AnyView {
    let part = LOADED.get().expect("it is loaded before a view of it is shown");
    (part.view)(piece)
}

fn not_loaded() -> Rejected {
    Rejected::Transient(TransientError::from(NoAnswer::Offline))
}
