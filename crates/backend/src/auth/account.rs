//! Accounts: registration, settings, email addresses, and what an administrator does to them.

pub mod administration;
pub mod email;
pub mod password_change;
pub mod register;
pub(in crate::auth) mod rules;
pub mod settings;
pub mod spelling;
mod text;
