//! What happens around every handler, in one place and in this order. One middleware: each layer of a router costs
//! every request a microsecond.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use super::client_address::ClientAddress;
use super::problem::Asked;
use super::request_id::RequestId;
use super::{headers, problem, timeout};
use crate::app::AppState;

/// The outermost middleware: a request id with its log span, the limits of a request, a problem document for a
/// failure, and security headers for every answer.
pub async fn around(
    State(app): State<AppState>,
    client: ClientAddress,
    request: Request,
    next: Next,
) -> Response {
    let id = RequestId::draw(&app.entropy);
    let span = id.span(client, &request);
    async {
        let asked = Asked::of(&request, &app.origin);
        let response = timeout::limited(request, next).await;
        let mut response = problem::write(id, &asked, &app.origin, response);
        headers::secure(&app.origin, &mut response);
        id.name(&mut response);
        response
    }
    .instrument(span)
    .await
}
