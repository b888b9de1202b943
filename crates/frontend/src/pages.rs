//! The pages, one file each. A page combines components and calls the session; it must not send requests or store
//! tokens.

pub(crate) mod account;
pub(crate) mod activity;
pub(crate) mod home;
pub(crate) mod login;
mod login_redirect;
pub(crate) mod not_found;
pub(crate) mod notes;
mod protected_page;
pub(crate) mod register;
pub(crate) mod sessions;
pub(crate) mod settings;
