//! Account settings: name, revocation of other sessions, deletion of the account. [`super::password_change`] has the
//! password.

use leptos::prelude::*;
use shared::RevocationReason;
use shared::body::{Me, NameRequest, Sessions};

use super::channel::Reason;
use super::idempotent_action::no_content;
use super::rejected::Rejected;
use super::sign_in::clear_stored;
use super::{AuthState, Session, SignOutReason, hint};
use crate::api;

impl Session {
    /// Sets or removes the name.
    pub(crate) async fn change_name(self, typed: &str) -> Result<(), Rejected> {
        let name = Some(typed.trim().to_owned()).filter(|name| !name.is_empty());
        let action = api::change_name(&NameRequest { name: name.clone() });
        // Another session may have changed it since an earlier click.
        let holds = async |_: &()| -> Result<bool, Rejected> {
            Ok(self.fetch::<Me>(api::me()).await?.user.name == name)
        };
        self.send_idempotent(&action, no_content, holds).await?;
        // Other tabs get it with their next token.
        self.auth_state.update(|auth_state| {
            if let AuthState::SignedIn(signed_in) = auth_state {
                signed_in.user.name = name;
            }
        });
        Ok(())
    }

    /// Revokes all sessions except this one.
    pub(crate) async fn revoke_other_sessions(self) -> Result<(), Rejected> {
        // A new session may have begun since an earlier click.
        let holds = async |_: &()| -> Result<bool, Rejected> {
            let list = self.fetch::<Sessions>(api::sessions()).await?;
            Ok(list.sessions.iter().all(|session| session.current))
        };
        self.send_idempotent(&api::revoke_other_sessions(), no_content, holds).await
    }

    /// Deletes the account. Afterwards no user is signed in here, unless another one has logged in before the answer
    /// came.
    pub(crate) async fn delete_account(self) -> Result<(), Rejected> {
        let session_id = self.session_id();
        self.carry_out(&api::delete_account()).await?;
        if self.session_id().is_some_and(|here| session_id.is_some_and(|gone| gone != here)) {
            return Ok(());
        }
        hint::remove();
        self.forget(SignOutReason::Ended(Some(RevocationReason::Deleted)));
        Self::broadcast_sign_out(session_id, Reason::Ended, Some(RevocationReason::Deleted));
        clear_stored().await;
        Ok(())
    }
}
