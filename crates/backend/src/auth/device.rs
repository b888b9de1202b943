//! What a browser says it is, in a few words from a fixed list. It must not keep the words the browser
//! used: they are its own, and there is no end to them.

use shared::{Device, DeviceKind};
use woothee::parser::Parser;

/// Reads a `User-Agent`.
#[must_use]
pub fn device(user_agent: &str) -> Device {
    let Some(found) = Parser::new().parse(user_agent) else { return Device::unknown() };
    let named = |name: &str| {
        let known = !name.is_empty() && name != "UNKNOWN";
        if known { name.to_owned() } else { Device::unknown().browser }
    };
    let kind = match found.category {
        "pc" => DeviceKind::Desktop,
        "smartphone" | "mobilephone" => DeviceKind::Mobile,
        "appliance" => DeviceKind::Appliance,
        "crawler" | "misc" => DeviceKind::Program,
        _ => DeviceKind::Unknown,
    };
    Device { browser: named(found.name), os: named(found.os), kind }
}
