//! The list of device tokens that a browser keeps: one for each of its accounts, the most recently used
//! first, and a bounded number of them, of which the least recently used gives way. It must not know how it
//! travels, or whether a token holds.
//!
//! ```text
//! base64url( version 1 B | up to 12 times: slot 4 B, token 56 B )   962 characters at most
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use shared::Secret;

use super::{DeviceToken, SLOT_BYTES, Slot, TOKEN_BYTES};

const VERSION: u8 = 1;
const ENTRY_BYTES: usize = SLOT_BYTES + TOKEN_BYTES;
/// How many accounts a browser is known to: name and value of the cookie stay below 1 KiB.
pub const MOST_DEVICES: usize = 12;
/// A token among the first six stays where it is: few logins rewrite the list, and an account in use is evicted
/// only after six others were used.
const RECENT_DEVICES: usize = MOST_DEVICES / 2;
/// How many tokens that stand alone one answer takes away: it has to pass proxies, too.
const MOST_REPLACED: usize = 12;

/// The list.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct KnownDevices(Vec<DeviceToken>);

impl KnownDevices {
    /// Reads a list. What is not whole, empty or too long is none.
    #[must_use]
    pub fn decode(unverified: &str) -> Option<Self> {
        // Before anything is decoded.
        if unverified.len() > (1 + MOST_DEVICES * ENTRY_BYTES).div_ceil(3) * 4 {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(unverified).ok()?;
        let (version, entries) = bytes.split_first()?;
        let (entries, rest) = entries.as_chunks::<ENTRY_BYTES>();
        if *version != VERSION || !rest.is_empty() || entries.is_empty() {
            return None;
        }
        let tokens = entries.iter().filter_map(|entry| {
            let (slot, token) = entry.split_first_chunk()?;
            Some(DeviceToken { slot: Slot(*slot), bytes: token.try_into().ok()? })
        });
        Some(Self(tokens.collect()))
    }

    /// The list as text; `None` if nothing is left in it.
    #[must_use]
    pub fn encode(&self) -> Option<Secret> {
        let mut bytes = Vec::with_capacity(1 + self.0.len() * ENTRY_BYTES);
        bytes.push(VERSION);
        for token in &self.0 {
            bytes.extend(token.slot.0);
            bytes.extend(token.bytes);
        }
        (!self.0.is_empty()).then(|| Secret::new(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// In the place of the one of the same device. Another of this slot is of another server on this host, or good
    /// for nothing: it gives way in its turn.
    fn put_first(&mut self, token: DeviceToken) {
        self.0.retain(|kept| kept.slot != token.slot || kept.device_id() != token.device_id());
        self.0.insert(0, token);
        self.0.truncate(MOST_DEVICES);
    }

    /// Puts tokens of other accounts behind its own, as far as there is room: the newest.
    fn fold_in(&mut self, separate: &[DeviceToken]) {
        let mut separate: Vec<&DeviceToken> = separate.iter().collect();
        separate.sort_by_key(|token| std::cmp::Reverse(token.unverified_issued_at()));
        for token in separate {
            if self.0.len() < MOST_DEVICES && self.0.iter().all(|kept| kept.slot != token.slot) {
                self.0.push(token.clone());
            }
        }
    }

    fn forget(&mut self, slot: Slot) {
        self.0.retain(|kept| kept.slot != slot);
    }
}

/// What a browser says of earlier logins. Not verified.
#[derive(Default)]
pub struct PresentedDevices {
    /// Its list.
    pub list: KnownDevices,
    /// Tokens that stand alone, as versions before the list gave them out.
    pub separate: Vec<DeviceToken>,
    /// Where such tokens stand, whether or not they can be read.
    pub separate_slots: Vec<Slot>,
}

/// What a browser shall keep instead of what it has.
pub struct KeptDevices {
    /// The list.
    pub list: KnownDevices,
    /// Where tokens stood alone that are no longer needed.
    pub replaced: Vec<Slot>,
}

impl PresentedDevices {
    /// Every token.
    pub fn tokens(&self) -> impl Iterator<Item = &DeviceToken> {
        self.list.0.iter().chain(&self.separate)
    }

    /// With this token, just used, in it; `None` if the browser has all that it needs.
    #[must_use]
    pub fn keeping(&self, token: DeviceToken) -> Option<KeptDevices> {
        let mut list = self.list.clone();
        list.fold_in(&self.separate);
        if !list.0.iter().take(RECENT_DEVICES).any(|kept| *kept == token) {
            list.put_first(token);
        }
        let replaced = self.separate_slots.iter().copied().take(MOST_REPLACED).collect();
        self.unless_same(KeptDevices { list, replaced })
    }

    /// Without the tokens of an account; `None` if there are none.
    #[must_use]
    pub fn without(&self, slot: Slot) -> Option<KeptDevices> {
        let mut list = self.list.clone();
        list.forget(slot);
        let replaced = self.separate_slots.iter().copied().find(|it| *it == slot);
        self.unless_same(KeptDevices { list, replaced: replaced.into_iter().collect() })
    }

    fn unless_same(&self, kept: KeptDevices) -> Option<KeptDevices> {
        (kept.list != self.list || !kept.replaced.is_empty()).then_some(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The token of an account, of a time.
    fn token(account: u8, issued_at: u8) -> DeviceToken {
        let mut bytes = [account; TOKEN_BYTES];
        bytes[16..24].copy_from_slice(&u64::from(issued_at).to_be_bytes());
        DeviceToken { slot: Slot([account; SLOT_BYTES]), bytes }
    }

    fn list(accounts: impl IntoIterator<Item = u8>) -> PresentedDevices {
        let list = KnownDevices(accounts.into_iter().map(|account| token(account, 0)).collect());
        PresentedDevices { list, ..PresentedDevices::default() }
    }

    fn accounts(KnownDevices(tokens): &KnownDevices) -> Vec<u8> {
        tokens.iter().map(|token| token.slot.0[0]).collect()
    }

    fn kept(presented: &PresentedDevices, account: u8) -> Option<Vec<u8>> {
        presented.keeping(token(account, 0)).map(|kept| accounts(&kept.list))
    }

    #[test]
    fn a_list_is_read_as_it_was_written_and_stays_below_a_kibibyte() {
        let mut presented = PresentedDevices::default();
        assert!(presented.list.encode().is_none());
        for account in 0..150 {
            presented.list = presented.keeping(token(account, 0)).expect("another list").list;
            let text = presented.list.encode().expect("a list");
            assert!(text.expose().len() <= 962, "{account}");
            assert!(KnownDevices::decode(text.expose()) == Some(presented.list.clone()));
        }
        assert_eq!(accounts(&presented.list), (138..150).rev().collect::<Vec<u8>>());
    }

    #[test]
    fn a_list_that_is_not_whole_is_none() {
        let text = list(0..12).list.encode().expect("a list");
        let text = text.expose();
        for end in 0..text.len() {
            let whole = (1 + ENTRY_BYTES..=1 + 11 * ENTRY_BYTES).step_by(ENTRY_BYTES);
            let whole = whole.map(|bytes| (bytes * 4).div_ceil(3)).any(|length| length == end);
            let is_list = KnownDevices::decode(&text[..end]).is_some();
            // A shorter list is one, if the last character has no bits to spare.
            assert!(!is_list || whole, "{end}");
        }
        let thirteen = KnownDevices((0..13).map(|account| token(account, 0)).collect());
        let of_version_2 = format!("Ag{}", &text[2..]);
        for bad in [
            "",
            "AQ",
            "%%%",
            "🐟",
            &format!("{text}A"),
            &format!("{text}=="),
            &of_version_2,
            thirteen.encode().expect("a list").expose(),
            &"A".repeat(1 << 20),
        ] {
            assert!(KnownDevices::decode(bad).is_none(), "{bad:.40}");
        }
    }

    #[test]
    fn the_least_recently_used_account_gives_way() {
        assert_eq!(kept(&list([1, 2]), 3), Some(vec![3, 1, 2]));
        let full = list(0..12);
        assert_eq!(kept(&full, 99), Some(vec![99, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
        // One that is used moves to the front before its turn comes, and not at each login.
        assert_eq!(kept(&full, 5), None);
        assert_eq!(kept(&full, 6), Some(vec![6, 0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11]));
        assert_eq!(kept(&full, 11), Some(vec![11, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
    }

    #[test]
    fn an_account_that_is_used_daily_outlives_any_number_that_come_and_go() {
        let mut presented = list([7]);
        for account in 100..250 {
            for used in [account, 7] {
                if let Some(kept) = presented.keeping(token(used, 0)) {
                    presented.list = kept.list;
                }
            }
            assert!(accounts(&presented.list).contains(&7), "{account}");
        }
    }

    #[test]
    fn another_token_of_an_account_takes_the_place_of_its_own() {
        let kept = list([1, 2, 3]).keeping(token(2, 9)).expect("another list");
        assert_eq!(accounts(&kept.list), [2, 1, 3]);
        assert!(kept.list.0[0] == token(2, 9));
    }

    /// Cookies know no ports: a server on the same host has the same user's token of another device.
    #[test]
    fn another_servers_token_of_the_same_account_stays() {
        let mut another = token(2, 0);
        another.bytes[0] = 99;
        let mut presented = list([1, 3]);
        presented.list.0.push(another.clone());
        for _ in 0..2 {
            let kept = presented.keeping(token(2, 0));
            presented.list = kept.map_or(presented.list, |kept| kept.list);
            assert_eq!(accounts(&presented.list), [2, 1, 3, 2]);
            assert!(presented.list.0[3] == another);
        }
    }

    #[test]
    fn tokens_that_stand_alone_are_folded_in_and_named() {
        let mut presented = list([1]);
        presented.separate = (1..60).map(|account| token(account, account)).collect();
        presented.separate_slots = presented.separate.iter().map(|token| token.slot).collect();
        let kept = presented.keeping(token(1, 0)).expect("another list");
        assert_eq!(accounts(&kept.list), [1, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49]);
        assert!(kept.list.0[0] == token(1, 0), "what the list says counts");
        assert_eq!(kept.replaced.len(), MOST_REPLACED);
        assert_eq!(presented.tokens().count(), 60);
        // One that cannot be read is taken away all the same.
        let unreadable = PresentedDevices { separate_slots: vec![Slot([9; 4])], ..list([1]) };
        assert_eq!(unreadable.keeping(token(1, 0)).expect("an end to it").replaced, [Slot([9; 4])]);
    }

    #[test]
    fn an_account_is_forgotten_wherever_its_token_stands() {
        let mut presented = list([1, 2]);
        presented.separate_slots = vec![Slot([2; 4]), Slot([3; 4])];
        let forgotten = |account: u8| presented.without(Slot([account; SLOT_BYTES]));
        assert!(forgotten(9).is_none());
        let one = forgotten(1).expect("another list");
        assert_eq!((accounts(&one.list), one.replaced), (vec![2], vec![]));
        let two = forgotten(2).expect("another list");
        assert_eq!((accounts(&two.list), two.replaced), (vec![1], vec![Slot([2; 4])]));
        let three = forgotten(3).expect("an end to it");
        assert_eq!((accounts(&three.list), three.replaced), (vec![1, 2], vec![Slot([3; 4])]));
        assert!(list([1]).without(Slot([1; 4])).expect("nothing left").list.encode().is_none());
    }
}
