//! A small service of its own: the notes of whoever is logged in. It must not know anything of the
//! issuer of its access tokens but the URL, and its own name there: `verifier` does the rest.
//!
//! What a service has to do to be one of Baton's stands in `router.rs`, in the line that says
//! `RequireToken`. Everything else is a service as any other: `http/` has one file for each thing a
//! request can be about, `store.rs` the statements, `note.rs` what a note is.
//!
//! | call | answer |
//! | --- | --- |
//! | `GET /api/notes?q=&before=` | the caller's notes, newest first, 50 at a time; `q` is literal text in any case |
//! | `POST /api/notes` `{title, text}` | 201 and the note |
//! | `GET`, `PUT`, `DELETE /api/notes/{id}` | the note; the note as it is now; 204 |
//! | `GET /health/live`, `/health/ready` | 200 while it answers; while it can do its work |
//!
//! A note carries its version in `ETag`. A `PUT` with `If-Match` replaces that version and no other:
//! 412 if somebody was faster. A note of another user is 404, like one that never was.
#![forbid(unsafe_code)]

pub mod config;
pub mod doors;
pub mod http;
pub mod note;
pub mod router;
pub mod server;
pub mod store;
