//! `GET /api/events`: the security events of the user's account, newest first, in pages.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::Deserialize;
use shared::body::{Event, Events};
use shared::{EventId, EventKind};

use super::error::ApiError;
use super::guard::Bearer;
use crate::auth::security_event_log::{Page, SecurityEventLog};
use crate::store;

/// [`shared::path::BEFORE_PARAMETER`] and [`shared::path::KIND_PARAMETER`].
#[derive(Deserialize)]
pub struct Parameters {
    before: Option<EventId>,
    kind: Option<String>,
}

/// 200 and a page; 400 if a parameter is malformed.
pub async fn events(
    State(event_log): State<SecurityEventLog>,
    Bearer(caller): Bearer,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Json<Events>, ApiError> {
    let Query(Parameters { before, kind }) = parameters
        .map_err(|_| ApiError::Malformed("`before` is the id of an event.".to_owned()))?;
    let kinds = kind.as_deref().map_or(Ok(Vec::new()), kinds)?;
    let Page { events, next } = event_log.page(caller.user, before, kinds).await?;
    let shown = events.into_iter().map(|event| shown(event, caller.session));
    Ok(Json(Events { events: shown.collect(), next }))
}

fn kinds(names: &str) -> Result<Vec<EventKind>, ApiError> {
    let unknown = || ApiError::Malformed("`kind` is a list of kinds, between commas.".to_owned());
    names.split(',').map(|name| EventKind::named(name).ok_or_else(unknown)).collect()
}

fn shown(event: store::Event, asking: shared::SessionId) -> Event {
    let store::Event { id, kind, at, session, reason, client, .. } = event;
    Event {
        id,
        kind,
        at,
        session_id: session,
        current: session == Some(asking),
        cause: reason,
        ip: client.address.map(|address| address.to_string()),
        device: client.device,
    }
}
