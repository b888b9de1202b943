//! openidconnect's verifier of ID tokens, used for access tokens. The keys are fetched by code of the service.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use axum::{Json, Router};
use openidconnect::core::{
    CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm,
};
use openidconnect::{
    ClaimsVerificationError, ClientId, IssuerUrl, JsonWebKeySetUrl, JsonWebTokenType, Nonce,
    SignatureVerificationError, reqwest,
};
use serde_json::{Value, json};
use tokio::sync::RwLock;

const UNKNOWN_KEY: ClaimsVerificationError =
    ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey);

struct Service {
    issuer: IssuerUrl,
    audience: ClientId,
    jwks: JsonWebKeySetUrl,
    http: reqwest::Client,
    keys: RwLock<CoreJsonWebKeySet>,
}

pub async fn router(issuer: &str, audience: &str) -> Router {
    let jwks = format!("{issuer}/.well-known/jwks.json");
    let service = Service {
        issuer: IssuerUrl::new(issuer.to_owned()).expect("a URL"),
        audience: ClientId::new(audience.to_owned()),
        jwks: JsonWebKeySetUrl::new(jwks).expect("a URL"),
        http: reqwest::Client::new(),
        keys: RwLock::default(),
    };
    service.fetch_keys().await.expect("the keys");
    Router::new().route("/", get(claims)).with_state(Arc::new(service))
}

async fn claims(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
) -> Result<Json<Value>, (StatusCode, String)> {
    let token = headers.get("authorization").and_then(|value| value.to_str().ok());
    let token = token.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    let subject = service.subject_of(token).await;
    subject.map(|sub| Json(json!({"sub": sub}))).map_err(|error| (StatusCode::UNAUTHORIZED, error))
}

impl Service {
    /// A service of yours fetches at most once in ten seconds.
    async fn subject_of(&self, token: &str) -> Result<String, String> {
        let token: CoreIdToken = token.parse().map_err(|error| format!("{error}"))?;
        let mut verdict = self.verify(&token).await;
        if verdict == Err(UNKNOWN_KEY) {
            self.fetch_keys().await?;
            verdict = self.verify(&token).await;
        }
        verdict.map_err(|error| error.to_string())
    }

    async fn verify(&self, token: &CoreIdToken) -> Result<String, ClaimsVerificationError> {
        let typ = JsonWebTokenType::new("at+jwt".to_owned()).normalize().expect("a type");
        let keys = self.keys.read().await.clone();
        // A token has other services' audiences, too.
        let verifier = CoreIdTokenVerifier::new_public_client(
            self.audience.clone(),
            self.issuer.clone(),
            keys,
        )
        .set_allowed_algs([CoreJwsSigningAlgorithm::EcdsaP256Sha256])
        .set_allowed_jose_types([typ])
        .set_other_audience_verifier_fn(|_| true);
        let claims = token.claims(&verifier, |_: Option<&Nonce>| Ok(()))?;
        Ok(claims.subject().to_string())
    }

    async fn fetch_keys(&self) -> Result<(), String> {
        let fetched = CoreJsonWebKeySet::fetch_async(&self.jwks, &self.http).await;
        *self.keys.write().await = fetched.map_err(|error| error.to_string())?;
        Ok(())
    }
}
