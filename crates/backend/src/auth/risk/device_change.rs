//! Whether a session continues on another device: compares the stored device with the request's. An earlier version
//! may have stored it under other names: a renamed device is no change. Acting on a change is [`risk`](super)'s
//! work.

use shared::device::UNKNOWN;
use shared::{Device, DeviceKind};

use super::device::products::{BROWSERS, CHROME, ONLY_HINTED};

/// The result of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceChange {
    /// The same device, perhaps under another name.
    None,
    /// The browser of a phone or tablet requests the desktop version of a site, and then names a computer's system;
    /// or the mobile version again.
    DesktopSite,
    /// Another browser, system or kind of device.
    Device,
}

/// The system that a phone or tablet names while it requests the desktop version.
const DESKTOP_SITES: [(&str, &str); 4] =
    [("Android", "Linux"), ("iPhone", "macOS"), ("iPad", "macOS"), ("iPod", "macOS")];

/// The kinds by which an earlier crate named programs.
const FORMER_PROGRAMS: [&str; 3] = ["HTTP Library", "misc crawler", UNKNOWN];

/// Compares two devices. If the earlier one is unknown, it counts as unchanged.
#[must_use]
pub fn compare(before: &Device, after: &Device) -> DeviceChange {
    if *before == Device::unknown() || before == after || was_a_program(before, after) {
        return DeviceChange::None;
    }
    if !is_same_browser(&before.browser, after) {
        return DeviceChange::Device;
    }
    let os = todays_os(&before.os);
    let is_same_kind = before.kind == after.kind || before.kind == DeviceKind::Unknown;
    let is_same_os = os == after.os || os == UNKNOWN || (os == "BSD" && after.os.ends_with(os));
    if (is_same_os && is_same_kind) || is_television(before, after) {
        return DeviceChange::None;
    }
    let is_desktop_site = before.browser != UNKNOWN
        && DESKTOP_SITES.iter().any(|(mobile, desktop)| {
            [(*mobile, *desktop), (*desktop, *mobile)].contains(&(os, after.os.as_str()))
        });
    if is_desktop_site { DeviceChange::DesktopSite } else { DeviceChange::Device }
}

fn is_same_browser(before: &str, after: &Device) -> bool {
    let browser = BROWSERS.iter().find(|browser| browser.name == after.browser);
    let formerly: &[&str] = match browser {
        Some(browser) => browser.formerly,
        // An Electron app, formerly named Chrome.
        None if after.kind == DeviceKind::Desktop && after.browser != UNKNOWN => &[CHROME],
        None => &[],
    };
    let is_unhinted = ONLY_HINTED.contains(&before) && after.browser == CHROME;
    before == after.browser || before == UNKNOWN || formerly.contains(&before) || is_unhinted
}

fn todays_os(before: &str) -> &str {
    match before {
        "Mac OSX" => "macOS",
        "Windows Phone OS" => "Windows Phone",
        _ => {
            let families = ["Windows", "Xbox", "PlayStation", "Nintendo"];
            families.into_iter().find(|family| before.starts_with(family)).unwrap_or(before)
        }
    }
}

/// An earlier version named some programs by their kind, and some by the system that they claimed.
fn was_a_program(before: &Device, after: &Device) -> bool {
    let is_former = FORMER_PROGRAMS.contains(&before.browser.as_str());
    let is_former_kind =
        before.kind == DeviceKind::Program || ["Android", "iOS"].contains(&before.os.as_str());
    after.kind == DeviceKind::Program && is_former && is_former_kind
}

/// An earlier version took televisions for computers with Linux.
fn is_television(before: &Device, after: &Device) -> bool {
    before.os == "Linux"
        && after.kind == DeviceKind::Appliance
        && before.kind == DeviceKind::Desktop
}
