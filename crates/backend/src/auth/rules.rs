//! The rules for what a person types into a form: one error for each field that breaks one. They must
//! not know which form it is.

use shared::password::{assess, context_of};
use shared::{FieldError, Secret};

use super::email::Email;
use super::password::normalized;
use super::text::deceives;

const MAX_NAME_CHARACTERS: usize = 100;

/// An email address.
pub(super) fn email(typed: &str) -> Result<Email, FieldError> {
    Email::parse(typed).ok_or_else(|| match typed.trim() {
        "" => error("email", "required", "Enter your email address."),
        _ => {
            let message = "This is not an email address: it looks like name@example.com.";
            error("email", "invalid", message)
        }
    })
}

/// A name, or none if there is nothing but space.
pub(super) fn name(typed: Option<&str>) -> Result<Option<String>, FieldError> {
    let name = typed.map(str::trim).filter(|name| !name.is_empty());
    match name {
        Some(name) if name.chars().count() > MAX_NAME_CHARACTERS => {
            Err(error("name", "too_long", "Use at most 100 characters."))
        }
        Some(name) if name.contains(deceives) => {
            let message = "A name has no line breaks and no invisible characters.";
            Err(error("name", "invalid", message))
        }
        name => Ok(name.map(str::to_owned)),
    }
}

/// A password to be, for the account of `email` and `name`.
pub(super) fn new_password(
    field: &str,
    password: &Secret,
    email: &str,
    name: &str,
) -> Result<(), FieldError> {
    match assess(normalized(password).expose(), &context_of(email, name.trim())) {
        Ok(_) => Ok(()),
        Err(weakness) => Err(error(field, weakness.code(), &weakness.to_string())),
    }
}

/// One field that breaks one rule.
pub(super) fn error(field: &str, code: &str, message: &str) -> FieldError {
    FieldError { field: field.to_owned(), code: code.to_owned(), message: message.to_owned() }
}
