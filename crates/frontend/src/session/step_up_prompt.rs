//! The step-up prompt (RFC 9470): callers wait here while the dialog asks for the password.

use std::sync::Arc;

use futures_channel::oneshot;
use leptos::prelude::*;

use super::single_flight::SingleFlight;

/// Why a step-up is required.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepUpReason {
    /// The call is sensitive: only the owner of the account may make it.
    Sensitive,
    /// The session was used from an unusual browser, device or place.
    Unusual,
}

/// The result, for all waiting callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StepUpResult {
    /// The password was right.
    Reauthenticated,
    /// The user declined.
    Declined,
    /// The session ended, or another one replaced it.
    SignedOut,
}

/// The pending prompt for the user, if there is one.
#[derive(Clone, Copy)]
pub(super) struct StepUpPrompt {
    pending: RwSignal<Option<StepUpReason>>,
    /// Whether the session is suspended until the step-up.
    suspended: RwSignal<bool>,
    flight: StoredValue<Arc<SingleFlight<StepUpResult>>>,
    reply: StoredValue<Option<oneshot::Sender<StepUpResult>>>,
}

impl StepUpPrompt {
    pub(super) fn new() -> Self {
        Self {
            pending: RwSignal::new(None),
            suspended: RwSignal::new(false),
            flight: StoredValue::new(Arc::default()),
            reply: StoredValue::new(None),
        }
    }

    /// The reason of the pending prompt, tracked.
    pub(super) fn reason(self) -> Option<StepUpReason> {
        self.pending.get()
    }

    /// Whether the session is suspended until a step-up, tracked.
    pub(super) fn is_suspended(self) -> bool {
        self.suspended.get()
    }

    /// Asks the user. Concurrent callers share the prompt and its result.
    pub(super) async fn ask(self, reason: StepUpReason) -> StepUpResult {
        let flight = self.flight.get_value();
        flight.run(self.prompt(reason)).await.unwrap_or(StepUpResult::Declined)
    }

    async fn prompt(self, reason: StepUpReason) -> StepUpResult {
        let (reply, replied) = oneshot::channel();
        self.reply.set_value(Some(reply));
        self.pending.set(Some(reason));
        replied.await.unwrap_or(StepUpResult::Declined)
    }

    /// Answers the waiting callers and closes the prompt.
    pub(super) fn resolve(self, result: StepUpResult) {
        if let Some(reply) = self.reply.try_update_value(Option::take).flatten() {
            // The waiting caller may be gone.
            let _ = reply.send(result);
        }
        if self.pending.get_untracked().is_some() {
            self.pending.set(None);
        }
    }

    /// The server requires a step-up before it refreshes the session.
    pub(super) fn suspend(self) {
        self.suspended.set(true);
    }

    /// A token has arrived for the suspended session: the user has reauthenticated, in this tab or another.
    pub(super) fn resumed(self) {
        self.suspended.set(false);
        if self.pending.get_untracked() == Some(StepUpReason::Unusual) {
            self.resolve(StepUpResult::Reauthenticated);
        }
    }

    /// The session of the prompt has ended here.
    pub(super) fn signed_out(self) {
        self.suspended.set(false);
        self.resolve(StepUpResult::SignedOut);
    }
}
