//! Resumes the session after a transient error and on page load: one refresh, then a step-up if it is required.

use leptos::task::spawn_local;

use super::Session;
use super::refresh_error::RefreshError;
use super::step_up_prompt::{StepUpReason, StepUpResult};

impl Session {
    /// Retries in the background after a transient error.
    pub(crate) fn resume(self) {
        spawn_local(async move {
            // The auth state and the transient error show the outcome.
            let _ = self.retry().await;
        });
    }

    /// Retries after a transient error. Whether the error is over.
    pub(crate) async fn retry(self) -> bool {
        let stale = self.token().map(|token| token.serial);
        match self.fresh_token(stale).await {
            Err(RefreshError::Transient(_)) => false,
            Err(RefreshError::StepUpRequired) => {
                self.require_step_up(StepUpReason::Unusual).await == StepUpResult::Reauthenticated
            }
            Ok(_) | Err(RefreshError::SignedOut) => true,
        }
    }
}
