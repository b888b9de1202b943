//! What a user changes about their account from here: password, name, sessions, and its end. It must not know
//! about forms.

use leptos::prelude::*;
use shared::EndCause;
use shared::body::{Me, NameRequest, PasswordRequest, Sessions};

use super::call::with_token;
use super::channel::Reason;
use super::once::no_content;
use super::rejected::Rejected;
use super::verdict::{Trouble, settles_a_password_change};
use super::{EndReason, Phase, Session, Token, attempt, browser, hint, lock, shelf};
use crate::api;
use crate::transport::{Answer, NoAnswer};

/// A token may have expired, and an attempt may be pending: each is put right once.
const ROUNDS: u32 = 3;

impl Session {
    /// Sets another name, or none.
    pub(crate) async fn change_name(self, typed: &str) -> Result<(), Rejected> {
        let name = Some(typed.trim().to_owned()).filter(|name| !name.is_empty());
        let action = api::change_name(&NameRequest { name: name.clone() });
        // The answer to an earlier click may be true no more: the name was changed elsewhere since.
        if self.once(&action, no_content).await?.resumed
            && self.fetch::<Me>(api::me()).await?.user.name != name
        {
            self.carry_out(&action).await?;
        }
        // Other tabs hear of it with their next token.
        self.phase.update(|phase| {
            if let Phase::SignedIn(signed_in) = phase {
                signed_in.user.name = name;
            }
        });
        Ok(())
    }

    /// Ends all sessions but this one.
    pub(crate) async fn end_other_sessions(self) -> Result<(), Rejected> {
        let action = api::end_other_sessions();
        // The answer to an earlier click says nothing of a session that has begun since.
        if self.once(&action, no_content).await?.resumed {
            let list = self.fetch::<Sessions>(api::sessions()).await?;
            if list.sessions.iter().any(|session| !session.current) {
                self.carry_out(&action).await?;
            }
        }
        Ok(())
    }

    /// Deletes the account. Afterwards no user is logged in here, unless another one has logged in before the answer came.
    pub(crate) async fn delete_account(self) -> Result<(), Rejected> {
        let session_id = self.session_id();
        self.carry_out(&api::delete_account()).await?;
        if self.session_id().is_some_and(|here| session_id.is_some_and(|gone| gone != here)) {
            return Ok(());
        }
        hint::remove();
        self.forget(EndReason::Ended(Some(EndCause::Deleted)));
        Self::tell_ended(session_id, Reason::Ended, Some(EndCause::Deleted));
        browser::clear_stored().await;
        Ok(())
    }

    /// Sets another password. For this session that is a rotation, which comes with the next refresh
    /// cookie: so it is made as a refresh is, inside the lock and with an attempt key. If the answer
    /// is lost, the key stays, and the next refresh asks for that cookie again.
    pub(crate) async fn change_password(self, body: &PasswordRequest) -> Result<(), Rejected> {
        let era = self.era();
        let mut stale = None;
        for _ in 0..ROUNDS {
            let token = match self.token() {
                Some(token) if Some(token.serial) != stale => token,
                _ => self.token_for_a_call(stale).await?,
            };
            if self.era() != era {
                return Err(Rejected::Ended);
            }
            stale = Some(token.serial);
            let Some(outcome) = self.try_to_change(body, &token).await else { continue };
            match outcome {
                Ok(answer) if answer.status == 204 => return Ok(()),
                Ok(answer) if answer.refuses_the_token() => {}
                outcome if settles_a_password_change(&outcome) => {
                    return Err(outcome.map_or_else(Rejected::from, |it| Rejected::by(&it)));
                }
                Ok(answer) => return Err(Rejected::Uncertain(Trouble::from(&answer))),
                Err(no_answer) => return Err(Rejected::Uncertain(no_answer.into())),
            }
        }
        Err(Rejected::ForNow(Trouble::Unavailable))
    }

    /// One try, inside the lock. `None` if an attempt is pending: its answer comes first, because there
    /// is room for one key only, and it may be the one that tells this browser from a thief.
    async fn try_to_change(
        self,
        body: &PasswordRequest,
        token: &Token,
    ) -> Option<Result<Answer, NoAnswer>> {
        let _held = lock::acquire().await;
        let key = browser::fresh_key();
        let begun = key.clone();
        if !shelf::in_one_step(move |shelf| attempt::begin(shelf, &browser::tab(), &begun))
            .await
            .outcome
        {
            return None;
        }
        let outcome = self.send(with_token(api::change_password(body, &key), token)).await;
        if settles_a_password_change(&outcome) {
            shelf::in_one_step(move |shelf| attempt::settle(shelf, &browser::tab(), &key)).await;
        }
        Some(outcome)
    }
}
