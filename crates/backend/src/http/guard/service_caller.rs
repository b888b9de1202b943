//! A token in a form, and client authentication of the service that presents it (RFC 6749 section 2.3), within the
//! rate limits of its network and its own.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequest, FromRequestParts as _, Request};
use shared::Secret;

use super::RequestContext;
use super::client_credentials::ClientCredentials;
use super::form::Form;
use crate::auth::introspection::{Services, service_refused};
use crate::http::client_address::TrustedProxies;
use crate::http::error::ApiError;
use crate::store::Service;

/// The authenticated service, and the token that it presents.
pub struct ServiceCaller {
    /// The service.
    pub service: Service,
    /// The token. Not verified.
    pub token: Secret,
}

/// A token that a service presents, or its bearer without client credentials.
pub struct TokenForm {
    /// The authenticated service. `None` without credentials: wrong ones are an error.
    pub service: Option<Service>,
    /// The token. Not verified.
    pub token: Secret,
}

impl<S: Send + Sync> FromRequest<S> for ServiceCaller
where
    Arc<Services>: FromRef<S>,
    TrustedProxies: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let (service, form) = authenticated(request, state).await?;
        let service = service.ok_or_else(|| service_refused(None))?;
        Ok(Self { service, token: form.token()? })
    }
}

impl<S: Send + Sync> FromRequest<S> for TokenForm
where
    Arc<Services>: FromRef<S>,
    TrustedProxies: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let (service, form) = authenticated(request, state).await?;
        Ok(Self { service, token: form.token()? })
    }
}

/// The service that the request authenticates, if it has credentials, and its form.
async fn authenticated<S: Send + Sync>(
    request: Request,
    state: &S,
) -> Result<(Option<Service>, Form), ApiError>
where
    Arc<Services>: FromRef<S>,
    TrustedProxies: FromRef<S>,
{
    let (mut parts, body) = request.into_parts();
    let mut form = Form::read(&parts.headers, body).await?;
    let presented = ClientCredentials::presented(&parts.headers, &mut form)?;
    let Some(ClientCredentials { id, secret }) = presented else { return Ok((None, form)) };
    let Ok(context) = RequestContext::from_request_parts(&mut parts, state).await;
    let services = Arc::<Services>::from_ref(state);
    Ok((Some(services.authenticate(&id, &secret, &context.client).await?), form))
}
