//! Revocation: the sessions revoked within the life of an access token, how other instances learn of them, and
//! revocation in bulk.

pub mod bulk_revocation;
pub mod key_revocation;
pub mod revocation_cache;
pub mod revocation_listener;
pub mod status_index;
