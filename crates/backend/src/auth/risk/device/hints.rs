//! User-Agent Client Hints (<https://wicg.github.io/ua-client-hints/>): the two that Chromium browsers send by
//! default and that say more than `User-Agent`. No others are requested.

use sfv::{BareItem, Item, List, ListEntry, Parser};
use shared::Device;

use super::products::{BRANDS, CHROME, PLATFORMS, kind_of};

/// The headers as they were sent.
#[derive(Debug, Clone, Copy, Default)]
pub struct ClientHints<'h> {
    /// `Sec-CH-UA`: the brands of a browser, with one or two placeholders.
    pub brands: Option<&'h str>,
    /// `Sec-CH-UA-Platform`: its system.
    pub platform: Option<&'h str>,
}

impl ClientHints<'_> {
    /// Refines the device of a `User-Agent`. A hint that does not parse is ignored.
    pub(super) fn refine(self, mut device: Device) -> Device {
        if let Some(browser) = self.brand().filter(|_| device.browser == CHROME) {
            browser.clone_into(&mut device.browser);
        }
        // A system that no hint can name stays.
        let is_told = PLATFORMS.iter().any(|(_, os)| *os == device.os);
        if let Some(os) = self.system().filter(|os| is_told && *os != device.os) {
            os.clone_into(&mut device.os);
            device.kind = kind_of(os);
        }
        device
    }

    /// The browser that a brand names.
    fn brand(self) -> Option<&'static str> {
        let list: List = Parser::new(self.brands?).parse().ok()?;
        let brands = list.iter().filter_map(|entry| match entry {
            ListEntry::Item(Item { bare_item: BareItem::String(brand), .. }) => {
                Some(brand.as_str())
            }
            _ => None,
        });
        let brands: Vec<&str> = brands.collect();
        BRANDS.iter().find(|(brand, _)| brands.contains(brand)).map(|(_, browser)| *browser)
    }

    fn system(self) -> Option<&'static str> {
        let item: Item = Parser::new(self.platform?).parse().ok()?;
        let BareItem::String(platform) = item.bare_item else { return None };
        PLATFORMS.iter().find(|(known, _)| *known == platform.as_str()).map(|(_, os)| *os)
    }
}
