//! `POST /api/native/login`: a native client exchanges email address and password for a session, without cookies. A
//! call of our own and no grant: RFC 9700 section 2.4 forbids the password grant.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use shared::Secret;
use shared::body::LoginRequest;

use super::error::ApiError;
use super::guard::{IdempotencyKey, Json, NoBrowser, RequestContext, SignInContext};
use super::native_answer::NativeAnswer;
use crate::auth::login::Logins;
use crate::auth::login::signed_in::SignedIn;
use crate::auth::native_clients;

/// The body.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NativeLogin {
    /// The native client.
    client_id: String,
    /// Email address, in any letter case.
    email: String,
    /// The password, as typed.
    password: Secret,
}

/// As [`login`](super::login::login), and 401 `invalid_client` for an unknown client, 403 `not_for_browsers`. The new
/// session belongs to the client, and both tokens are in the body.
pub async fn login(
    State(logins): State<Arc<Logins>>,
    _proof: NoBrowser,
    key: Option<IdempotencyKey>,
    context: RequestContext,
    Json(NativeLogin { client_id, email, password }): Json<NativeLogin>,
) -> Result<NativeAnswer, ApiError> {
    let context = SignInContext::without_cookies(native_clients::named(&client_id, context)?);
    let request = LoginRequest { email, password };
    let SignedIn { tokens, .. } =
        logins.login(&request, key.map(|it| it.0).as_ref(), &context).await?;
    Ok(NativeAnswer(tokens))
}
