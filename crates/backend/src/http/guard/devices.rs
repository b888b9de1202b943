//! The list of known devices, from the browser's cookies; the domain verifies its tokens.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use shared::path::{DEVICES_COOKIE, SEPARATE_DEVICE_COOKIE};

use crate::auth::login::known_device::list::{KnownDevices, PresentedDevices};
use crate::auth::login::known_device::{DeviceToken, Slot};
use crate::http::cookie;

/// How many lists are parsed: a browser sends one.
const MOST_LISTS: usize = 2;
/// How many cookies of the former kind are parsed, one for each account.
const MOST_SEPARATE: usize = 64;

/// The device tokens of the cookies. Malformed ones are ignored.
pub struct Devices(pub PresentedDevices);

impl<S: Sync> FromRequestParts<S> for Devices {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let lists = cookie::values(&parts.headers, DEVICES_COOKIE);
        let list = lists.take(MOST_LISTS).find_map(KnownDevices::decode).unwrap_or_default();
        let mut presented = PresentedDevices { list, ..PresentedDevices::default() };
        let separate = cookie::all_named(&parts.headers, SEPARATE_DEVICE_COOKIE);
        for (slot, value) in separate.take(MOST_SEPARATE) {
            let Some(slot) = Slot::parse(slot) else { continue };
            presented.separate.extend(DeviceToken::decode(slot, value));
            presented.separate_slots.push(slot);
        }
        Ok(Self(presented))
    }
}
