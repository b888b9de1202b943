//! Browsers and systems: their words in `User-Agent`, and the names that their users know.

use shared::DeviceKind::{self, Appliance, Desktop, Mobile};

/// A browser and its products.
pub(in crate::auth) struct Browser {
    /// The name that its users know.
    pub(in crate::auth) name: &'static str,
    /// Its products, as they stand before the slash.
    pub(super) products: &'static [&'static str],
    /// The names that an earlier crate gave it: labels of that time are in the database.
    pub(in crate::auth) formerly: &'static [&'static str],
}

const fn browser(
    name: &'static str,
    products: &'static [&'static str],
    formerly: &'static [&'static str],
) -> Browser {
    Browser { name, products, formerly }
}

/// The first match wins: a browser also names those that it is based on.
pub(in crate::auth) const BROWSERS: &[Browser] = &[
    browser("Facebook", &["[FBAN", "[FB_IAB"], IN_APP),
    browser("Instagram", &["Instagram"], IN_APP),
    browser("LINE", &["Line"], IN_APP),
    browser("WeChat", &["MicroMessenger"], IN_APP),
    browser("Snapchat", &["Snapchat"], IN_APP),
    browser("TikTok", &["musical_ly", "BytedanceWebview"], IN_APP),
    browser("Google app", &["GSA"], &["Google Search App", "Webview"]),
    browser("Edge", &["Edg", "EdgA", "EdgiOS", "Edge"], &["Chrome"]),
    browser("Opera GX", &["OPX"], &["Safari"]),
    browser("Opera", &["OPR", "OPT", "OPiOS", "Opera"], &["Chrome", "Safari"]),
    browser("Samsung Internet", &["SamsungBrowser"], &["SamsungBrowser"]),
    browser("Yandex Browser", &["YaBrowser"], &["Safari"]),
    browser("Vivaldi", &["Vivaldi"], &["Chrome"]),
    browser("Brave", &["Brave"], &["Chrome", "Safari"]),
    browser("DuckDuckGo", &["Ddg", "DuckDuckGo"], &["Chrome", "Safari"]),
    browser("UC Browser", &["UCBrowser"], &["Chrome", "Safari"]),
    browser("Mi Browser", &["MiuiBrowser"], &["Chrome"]),
    browser("Huawei Browser", &["HuaweiBrowser"], &["Chrome"]),
    browser("HeyTap Browser", &["HeyTapBrowser"], &["Chrome"]),
    browser("vivo Browser", &["VivoBrowser"], &["Chrome"]),
    browser("QQ Browser", &["MQQBrowser", "QQBrowser"], &["Chrome", "Safari"]),
    browser("Whale", &["Whale"], &["Chrome", "Safari"]),
    browser("Silk", &["Silk"], &["Chrome"]),
    browser("Firefox Focus", &["Focus", "Klar"], &["Firefox", "Safari"]),
    browser("SeaMonkey", &["SeaMonkey"], &["Firefox"]),
    browser("Pale Moon", &["PaleMoon"], &["Firefox"]),
    browser("LibreWolf", &["LibreWolf"], &["Firefox"]),
    browser("Waterfox", &["Waterfox"], &["Firefox"]),
    browser("Firefox", &["FxiOS", "Firefox"], &[]),
    browser("GNOME Web", &["Epiphany"], &["Safari"]),
    browser("PowerShell", &["PowerShell", "WindowsPowerShell"], &[]),
    browser("Chromium", &["Chromium"], &["Chrome"]),
    browser(CHROME, &["CriOS", "HeadlessChrome", "Chrome"], &[]),
    // These have no product of their own.
    browser(SAFARI, &[], &[]),
    browser(INTERNET_EXPLORER, &[], &[]),
    browser(IN_APP_BROWSER, &[], &["Webview", "Chrome", "Safari"]),
    browser(ANDROID_BROWSER, &[], &["Safari"]),
    browser(WEBKIT, &[], &["Safari"]),
];

const IN_APP: &[&str] = &["Webview", "Chrome", "Safari"];

pub(in crate::auth) const CHROME: &str = "Chrome";
pub(super) const SAFARI: &str = "Safari";
pub(super) const INTERNET_EXPLORER: &str = "Internet Explorer";
/// A page in an app that does not name itself.
pub(super) const IN_APP_BROWSER: &str = "In-app browser";
/// Android's own browser, before Chrome.
pub(super) const ANDROID_BROWSER: &str = "Android browser";
/// WebKit on a system without Safari.
pub(super) const WEBKIT: &str = "WebKit browser";

/// Browsers with the `User-Agent` of Chrome: only hints tell them apart, and hints may be missing.
pub(in crate::auth) const ONLY_HINTED: &[&str] = &["Brave", "Vivaldi"];

/// Brands (`Sec-CH-UA`) and their browsers. The brands of Chromium and of Chrome add no information to `User-Agent`.
pub(super) const BRANDS: &[(&str, &str)] = &[
    ("Brave", "Brave"),
    ("Vivaldi", "Vivaldi"),
    ("Microsoft Edge", "Edge"),
    ("Opera", "Opera"),
    ("Opera GX", "Opera GX"),
    ("YaBrowser", "Yandex Browser"),
    ("Yandex", "Yandex Browser"),
    ("Samsung Internet", "Samsung Internet"),
    ("DuckDuckGo", "DuckDuckGo"),
    ("NAVER Whale", "Whale"),
    ("Whale", "Whale"),
    ("Android WebView", IN_APP_BROWSER),
    ("Microsoft Edge WebView2", IN_APP_BROWSER),
];

/// Platforms (`Sec-CH-UA-Platform`) and their systems.
pub(super) const PLATFORMS: &[(&str, &str)] = &[
    ("Windows", "Windows"),
    ("macOS", "macOS"),
    ("Linux", "Linux"),
    ("Android", "Android"),
    ("Chrome OS", "ChromeOS"),
    ("Chromium OS", "ChromeOS"),
];

/// A system and its sign.
pub(super) struct System {
    /// A part of the comment in `User-Agent`.
    pub(super) sign: &'static str,
    /// The name that its users know.
    pub(super) name: &'static str,
    /// The kind of device that it runs on.
    pub(super) kind: DeviceKind,
}

const fn system(sign: &'static str, name: &'static str, kind: DeviceKind) -> System {
    System { sign, name, kind }
}

/// The first match wins.
pub(super) const SYSTEMS: &[System] = &[
    system("Windows Phone", "Windows Phone", Mobile),
    system("Xbox", "Xbox", Appliance),
    // Windows 11 sends 10, so the version is ignored.
    system("Windows", "Windows", Desktop),
    system("iPhone", "iPhone", Mobile),
    system("iPad", "iPad", Mobile),
    system("iPod", "iPod", Mobile),
    system("AppleTV", "Apple TV", Appliance),
    system("Apple TV", "Apple TV", Appliance),
    system("Macintosh", "macOS", Desktop),
    system("CrOS", "ChromeOS", Desktop),
    system("PlayStation", "PlayStation", Appliance),
    system("Nintendo", "Nintendo", Appliance),
    system("Tizen", "Tizen", Appliance),
    system("Web0S", "webOS", Appliance),
    system("KAIOS", "KaiOS", Mobile),
    system("HarmonyOS", "HarmonyOS", Mobile),
    system("Android", "Android", Mobile),
    system("FreeBSD", "FreeBSD", Desktop),
    system("OpenBSD", "OpenBSD", Desktop),
    system("NetBSD", "NetBSD", Desktop),
    system("Linux", "Linux", Desktop),
];

/// The kind of device that a system runs on.
pub(super) fn kind_of(os: &str) -> DeviceKind {
    let system = SYSTEMS.iter().find(|system| system.name == os);
    system.map_or(DeviceKind::Unknown, |system| system.kind)
}
