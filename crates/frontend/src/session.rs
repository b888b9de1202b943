//! The one handle on "who is logged in here": the client side of the relay.
//!
//! The access token lives in this handle's memory and nowhere else: not in a signal, the document
//! or storage. Pages see a [`Phase`] and call verbs. It must not know about views.
//!
//! Read on in [`verdict`] for what an answer means, [`attempt`] for how a lost answer is survived, `refresh` for how a token
//! is renewed, `once` for how an action is sent, `sign_in` for how a session begins and ends, `proof` for how the user
//! proves again who they are, `watch` for how an end elsewhere is noticed, `cookies` for a browser that keeps none.

pub mod address;
pub mod again;
pub mod attempt;
pub mod backoff;
pub(crate) mod browser;
mod call;
mod channel;
pub(crate) mod cookies;
mod hint;
mod keys;
mod lock;
pub mod lookout;
pub mod no_cookie;
mod once;
mod password_change;
pub mod pending;
mod phase;
pub(crate) mod probe;
mod proof;
pub mod record;
mod refresh;
mod rejected;
mod settings;
mod shelf;
mod sign_in;
pub mod single_flight;
mod tabs;
pub mod verdict;
mod watch;
pub mod wire_log;

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::body::SessionBody;
use shared::{RevocationReason, Secret, SessionId};

pub(crate) use call::{Called, NotCalled, Relay};
use cookies::CookieState;
use lookout::NewLogin;
pub(crate) use phase::Standing;
pub use phase::{EndReason, Phase, SignedIn};
pub(crate) use proof::Why;
use proof::{Proof, Question};
use refresh::{NotRefreshed, Refreshed};
pub(crate) use rejected::Rejected;
use sign_in::StuckLogout;
use single_flight::SingleFlight;
use verdict::Trouble;
use wire_log::WireLog;

/// An access token. No `Debug`: it opens things.
#[derive(Clone)]
struct Token {
    secret: Secret,
    /// Tells tokens apart without comparing secrets.
    serial: u64,
    session_id: SessionId,
    expires_at_ms: f64,
}

/// What must not be seen by views.
#[derive(Default)]
struct Memory {
    token: Option<Token>,
    serial: u64,
    /// Changes whenever another session takes this one's place or it ends: an answer that was asked
    /// for in an earlier era is nobody's any more.
    era: u64,
    /// The sessions known to be over. What still arrives of them is nobody's any more.
    ended: Vec<SessionId>,
    /// Why the server says that the session of this era was ended.
    ended_because: Option<RevocationReason>,
    /// When it was last asked for new logins, by this browser's clock.
    looked_at_ms: f64,
}

/// The handle. Copied freely; all copies are the same session.
#[derive(Clone, Copy)]
pub struct Session {
    phase: RwSignal<Phase>,
    trouble: RwSignal<Option<Trouble>>,
    stuck_logout: RwSignal<Option<StuckLogout>>,
    refreshing: RwSignal<bool>,
    question: Question,
    new_login: RwSignal<Option<NewLogin>>,
    cookies: RwSignal<CookieState>,
    wire: RwSignal<WireLog>,
    memory: StoredValue<Memory>,
    flight: StoredValue<Arc<SingleFlight<Refreshed>>>,
}

impl Session {
    /// A session that is [`Phase::Restoring`] if the hint says there may be one. Nothing is sent
    /// until [`Session::start`], so that the server can make one too.
    pub(crate) fn new(hint: bool) -> Self {
        let phase = if hint { Phase::Restoring } else { Phase::SignedOut(None) };
        Self {
            phase: RwSignal::new(phase),
            trouble: RwSignal::new(None),
            stuck_logout: RwSignal::new(None),
            refreshing: RwSignal::new(false),
            question: Question::new(),
            new_login: RwSignal::new(None),
            cookies: RwSignal::new(CookieState::NotLooked),
            wire: RwSignal::new(WireLog::default()),
            memory: StoredValue::new(Memory::default()),
            flight: StoredValue::new(Arc::default()),
        }
    }

    /// Begins to listen to other tabs, removes what is outdated, and restores the session silently if the hint is there.
    /// The cookie decides, not the page: it may have come or gone since the page was rendered.
    pub(crate) fn start(self) {
        self.listen();
        spawn_local(keys::give_up_outdated());
        if hint::is_there() {
            self.phase.set(Phase::Restoring);
            self.resume();
        } else {
            let reloaded = probe::take_note().then_some(EndReason::ReloadedWithoutCookies);
            self.phase.set(Phase::SignedOut(reloaded));
        }
    }

    /// Tries again, in the background, what could not be done for now.
    pub(crate) fn resume(self) {
        spawn_local(async move {
            // The outcome is seen in the phase and in the trouble.
            let _ = self.try_again().await;
        });
    }

    /// Tries again what could not be done for now. Whether the trouble is over.
    pub(crate) async fn try_again(self) -> bool {
        let stale = self.token().map(|token| token.serial);
        match self.fresh_token(stale).await {
            Err(NotRefreshed::ForNow(_)) => false,
            Err(NotRefreshed::PasswordWanted) => self.prove(Why::Unusual).await == Proof::Given,
            Ok(_) | Err(NotRefreshed::Ended) => true,
        }
    }

    /// The phase, tracked.
    pub(crate) fn phase(self) -> Phase {
        self.phase.get()
    }

    /// The phase as it is now.
    pub(crate) fn phase_untracked(self) -> Phase {
        self.phase.get_untracked()
    }

    /// The phase without details; changes only when they do not.
    pub(crate) fn standing(self) -> Memo<Standing> {
        Memo::new(move |_| {
            self.phase.with(|phase| match phase {
                Phase::Restoring => Standing::Restoring,
                Phase::SignedOut(_) => Standing::SignedOut,
                Phase::SignedIn(_) => Standing::SignedIn,
            })
        })
    }

    /// Something of the session, tracked; `None` unless there is one.
    pub(crate) fn detail<T>(self, of: impl FnOnce(&SignedIn) -> T) -> Option<T> {
        self.phase.with(|phase| match phase {
            Phase::SignedIn(signed_in) => Some(of(signed_in)),
            _ => None,
        })
    }

    /// Why the last refresh failed for now, tracked.
    pub(crate) fn trouble(self) -> Option<Trouble> {
        self.trouble.get()
    }

    /// Why the user is still logged in although they wanted out, tracked.
    pub(crate) fn stuck_logout(self) -> Option<StuckLogout> {
        self.stuck_logout.get()
    }

    /// Whether a refresh is under way in this tab, tracked.
    pub(crate) fn is_refreshing(self) -> bool {
        self.refreshing.get()
    }

    /// What was lately said on the wire.
    pub(crate) fn wire(self) -> RwSignal<WireLog> {
        self.wire
    }

    fn token(self) -> Option<Token> {
        self.memory.with_value(|memory| memory.token.clone())
    }

    /// The session, as far as it is known.
    fn session_id(self) -> Option<SessionId> {
        self.memory.with_value(|memory| memory.token.as_ref().map(|token| token.session_id))
    }

    /// Why the session of this era was ended, if a call of it has been told.
    fn cause_of_the_end(self) -> Option<RevocationReason> {
        self.memory.with_value(|memory| memory.ended_because)
    }

    fn era(self) -> u64 {
        self.memory.with_value(|memory| memory.era)
    }

    /// Notes that a session is over, whoever said so.
    fn note_ended(self, session_id: SessionId) {
        self.memory.update_value(|memory| memory.ended.push(session_id));
    }

    fn has_ended(self, session_id: SessionId) -> bool {
        self.memory.with_value(|memory| memory.ended.contains(&session_id))
    }

    /// From now on this is the session and its token.
    fn adopt(self, body: SessionBody, expires_at_ms: f64) -> Token {
        let SessionBody { access_token, expires_in, session_id, user, .. } = body;
        if self.token().is_some_and(|token| token.session_id != session_id) {
            self.question.over();
            self.new_login.set(None);
            self.cookies.set(CookieState::NotLooked);
        }
        let token = self.memory.try_update_value(|memory| {
            memory.serial += 1;
            if memory.token.as_ref().is_none_or(|token| token.session_id != session_id) {
                memory.era += 1;
            }
            memory.ended_because = None;
            let token =
                Token { secret: access_token, serial: memory.serial, session_id, expires_at_ms };
            memory.token = Some(token.clone());
            token
        });
        self.trouble.set(None);
        self.stuck_logout.set(None);
        hint::note_session();
        self.phase.set(Phase::SignedIn(SignedIn {
            user,
            session_id,
            expires_at_ms,
            lifetime_seconds: expires_in,
        }));
        self.question.gone_on();
        let token = token.expect("the session lives as long as the page");
        self.look_for_cookies(&token);
        token
    }

    /// There is a session here, but it is not the one that was; which it is has to be asked for.
    fn not_known_any_more(self) {
        self.memory.update_value(|memory| {
            memory.token = None;
            memory.era += 1;
            memory.ended_because = None;
        });
        self.new_login.set(None);
        self.cookies.set(CookieState::NotLooked);
        self.phase.set(Phase::Restoring);
    }

    /// From now on there is no session here.
    fn forget(self, reason: impl Into<Option<EndReason>>) {
        self.memory.update_value(|memory| {
            let ended = memory.token.take().map(|token| token.session_id);
            memory.ended.extend(ended);
            memory.era += 1;
            memory.ended_because = None;
            memory.looked_at_ms = 0.0;
        });
        self.question.over();
        self.new_login.set(None);
        self.trouble.set(None);
        self.stuck_logout.set(None);
        self.cookies.set(CookieState::NotLooked);
        probe::take_note();
        self.phase.set(Phase::SignedOut(reason.into()));
    }
}
