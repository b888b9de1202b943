//! Password change. It rotates this session's refresh cookie, so it is sent like a refresh: under the lock, with an
//! attempt key, and retried with that key until it is answered. If the answer stays lost, the key stays pending, and
//! the next refresh asks for that cookie again.

use shared::ErrorCode;
use shared::body::PasswordRequest;

use super::idempotent_action::no_content;
use super::memory::Token;
use super::refresh_outcome::settles_a_password_change;
use super::rejected::Rejected;
use super::retry::{self, Outcome};
use super::send::with_token;
use super::transient_error::TransientError;
use super::{Session, attempt, clock, key_store, lock, random};
use crate::api;
use crate::transport::Answer;

/// An expired token and a pending attempt take one more round each.
const ROUNDS: u32 = 3;

/// One click.
struct Change<'a> {
    body: &'a PasswordRequest,
    /// One attempt key for all retries. If a refresh has settled it in between, the server still knows it.
    key: String,
    /// The epoch of the click.
    epoch: u64,
    begun_ms: f64,
    /// The number of unanswered tries.
    unanswered: usize,
}

impl Session {
    pub(crate) async fn change_password(self, body: &PasswordRequest) -> Result<(), Rejected> {
        let mut change = Change {
            body,
            key: random::fresh_key(),
            epoch: self.epoch(),
            begun_ms: clock::now_ms(),
            unanswered: 0,
        };
        let mut stale = None;
        for _ in 0..ROUNDS {
            let token = match self.token() {
                Some(token) if Some(token.serial) != stale => token,
                _ => match self.token_for_a_call(stale).await {
                    Ok(token) => token,
                    Err(call_error) => return Err(change.rejected(call_error.into())),
                },
            };
            stale = Some(token.serial);
            match self.change_with_retries(&mut change, &token).await? {
                None => {}
                Some(Outcome::Done(())) => return Ok(()),
                Some(Outcome::Refused(answer)) if answer.refuses_the_token() => {}
                Some(Outcome::Refused(answer)) => return Err(change.refused(&answer)),
                Some(Outcome::Unanswered { error, .. }) => {
                    return Err(Rejected::Uncertain(error));
                }
            }
        }
        Err(change.rejected(Rejected::Transient(TransientError::Unavailable)))
    }

    /// Retries with this token until an answer or the last retry. `None` if another attempt is pending.
    async fn change_with_retries(
        self,
        change: &mut Change<'_>,
        token: &Token,
    ) -> Result<Option<Outcome<()>>, Rejected> {
        loop {
            let tried = self.try_to_change(change, token).await?;
            let Some(Outcome::Unanswered { retry_after_seconds, .. }) = tried else {
                return Ok(tried);
            };
            let spent_ms = clock::now_ms() - change.begun_ms;
            let (tries, random) = (change.unanswered, random::jitter());
            change.unanswered += 1;
            match retry::wait_ms(tries, retry_after_seconds, spent_ms, random) {
                Some(wait) => clock::pause(wait).await,
                None => return Ok(tried),
            }
        }
    }

    /// One try, under the lock. `None` if another attempt is pending: it has to be answered first, because there is
    /// room for one key only, and that key may be the one that proves that this browser is no thief.
    async fn try_to_change(
        self,
        change: &Change<'_>,
        token: &Token,
    ) -> Result<Option<Outcome<()>>, Rejected> {
        let Change { body, key, epoch, unanswered, .. } = change;
        let _held = lock::acquire().await;
        // The tab that held the lock may have broadcast a sign-out; let that message arrive.
        clock::pause(0).await;
        if self.epoch() != *epoch {
            return Err(Rejected::SignedOut);
        }
        let begun =
            key_store::in_transaction(|store| attempt::begin(store, &random::tab(), key)).await;
        if !begun.value {
            return Ok(None);
        }
        let sent = self.send(with_token(api::change_password(body, key), token)).await;
        if settles_a_password_change(&sent, *unanswered > 0) {
            key_store::in_transaction(|store| attempt::settle(store, &random::tab(), key)).await;
        }
        Ok(Some(retry::classify(sent.map_err(TransientError::from), no_content)))
    }
}

impl Change<'_> {
    /// The server refused. A refusal of the typed passwords holds for every retry, because the server has checked
    /// whether this very attempt changed them; any other refusal holds for this try only.
    fn refused(&self, answer: &Answer) -> Rejected {
        let rejected = Rejected::by(answer);
        if rejected.is(ErrorCode::InvalidCredentials) || rejected.is(ErrorCode::ValidationFailed) {
            rejected
        } else {
            self.rejected(rejected)
        }
    }

    fn rejected(&self, rejected: Rejected) -> Rejected {
        if self.unanswered > 0 { rejected.into_uncertain() } else { rejected }
    }
}
