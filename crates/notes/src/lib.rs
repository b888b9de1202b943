//! A small resource server: the notes of logged-in users. Of the issuer of its access tokens it must not know more
//! than the URL, and its own audience there: `verifier` does the rest.
//!
//! The one line that makes a service a resource server of Baton's is `RequireToken` in `router.rs`. The rest is an
//! ordinary service: `http/` has one file for each resource, `store.rs` the statements, `note.rs` the rules for a
//! note.
//!
//! | call | answer |
//! | --- | --- |
//! | `GET /api/notes?q=&before=` | the caller's notes, newest first, at most 50 and 256 KiB at a time; `q` is literal text of at most 200 characters, in any case |
//! | `POST /api/notes` `{title, text}` | 201 and the note; 409 `quota_exceeded` beyond 1,000 notes or 10 MB of a user |
//! | `GET`, `PUT`, `DELETE /api/notes/{id}` | the note, or 304; the note as it is now, or 409; 204 |
//! | `GET /health/live`, `/health/ready` | 200 while it answers (liveness); while it can do its work (readiness) |
//!
//! A title is one line of 1 to 200 characters, a text has at most 20,000. A note carries its version in `ETag`.
//! `If-Match` and `If-None-Match` (RFC 9110 section 13) hold for each method: a `PUT` or `DELETE` for one version
//! changes that version and no other, and is 412 if the version is stale. A note of another user is 404, like one
//! that never was. The rate limit of a user is 100 calls at once and 20 more each second, of which a search counts as
//! five; beyond that it is 429 with `Retry-After`.
//!
//! `POST`, `PUT` and `DELETE` take an `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a retry within a
//! day has no second effect and gets the first answer. With the key of another request, or of another user, it is 422
//! `idempotency_key_reused`.
#![forbid(unsafe_code)]

pub mod app;
pub mod config;
pub mod dependencies;
pub mod http;
pub mod log;
pub mod note;
pub mod permits;
pub mod precondition;
pub mod rate_limit;
pub mod router;
pub mod server;
pub mod store;
