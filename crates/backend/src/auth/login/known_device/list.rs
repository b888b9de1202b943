//! A browser's list of device tokens: one for each of its accounts, the most recently used first; beyond the bound,
//! the least recently used is evicted. The tokens are not verified here.
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
/// How many accounts a list holds: name and value of the cookie stay below 1 KiB.
pub const MOST_DEVICES: usize = 12;
/// A token among the first six stays in place: few logins rewrite the list, and an account in use is evicted only
/// after six others were used.
const RECENT_DEVICES: usize = MOST_DEVICES / 2;
/// How many tokens in cookies of their own one answer clears: the answer's headers have to pass proxies.
const MOST_REPLACED: usize = 12;

/// The list.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct KnownDevices(Vec<DeviceToken>);

impl KnownDevices {
    /// Decodes a list. `None` if it is truncated, empty or too long.
    #[must_use]
    pub fn decode(unverified: &str) -> Option<Self> {
        // Checked before base64 is decoded.
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

    /// Encodes the list; `None` if it is empty.
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

    /// Replaces the token of the same device. Another token of this slot is of another server on this host, or
    /// invalid: it stays until it is evicted.
    fn put_first(&mut self, token: DeviceToken) {
        self.0.retain(|kept| kept.slot != token.slot || kept.device_id() != token.device_id());
        self.0.insert(0, token);
        self.0.truncate(MOST_DEVICES);
    }

    /// Appends tokens of other accounts, the newest first, while there is room.
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

/// The device tokens that a browser presents. Not verified.
#[derive(Default)]
pub struct PresentedDevices {
    /// Its list.
    pub list: KnownDevices,
    /// Tokens in cookies of their own, as versions before the list issued them.
    pub separate: Vec<DeviceToken>,
    /// The slots of such cookies, whether or not they can be decoded.
    pub separate_slots: Vec<Slot>,
}

/// What a browser must store instead.
pub struct KeptDevices {
    /// The list.
    pub list: KnownDevices,
    /// The slots of cookies that are no longer needed.
    pub replaced: Vec<Slot>,
}

impl PresentedDevices {
    /// All presented tokens.
    pub fn tokens(&self) -> impl Iterator<Item = &DeviceToken> {
        self.list.0.iter().chain(&self.separate)
    }

    /// The list with this token, just used; `None` if it does not change.
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

    /// The list without an account's tokens; `None` if it has none.
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

    /// An account's token, issued at a time.
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
            // A shorter list is valid, if the last character has no bits to spare.
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
    fn the_least_recently_used_account_is_evicted() {
        assert_eq!(kept(&list([1, 2]), 3), Some(vec![3, 1, 2]));
        let full = list(0..12);
        assert_eq!(kept(&full, 99), Some(vec![99, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
        // A token in use moves to the front before it would be evicted, and not at each login.
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
        // A cookie that cannot be decoded is cleared as well.
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
