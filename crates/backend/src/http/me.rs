//! `GET /api/me`: the user and the session an access token speaks for.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use shared::body::{Me, SessionInfo};

use super::guard::Bearer;
use super::session_answer::shown;
use crate::auth::sessions::{Authenticated, Sessions};

/// 200, or 401 `invalid_token`.
pub async fn me(State(sessions): State<Arc<Sessions>>, Bearer(caller): Bearer) -> Json<Me> {
    let Authenticated { session, user } = caller;
    Json(Me {
        user: shown(&user),
        session: SessionInfo {
            id: session.id,
            current: true,
            created_at: session.family.created_at,
            last_seen_at: session.family.accepted_at,
            expires_at: sessions.expires_at(&session),
        },
    })
}
