//! The key ring, services and native clients in memory: the same in Rust as the other engines' SQL.

use shared::NumericDate;

use super::tables::Tables;
use crate::store::records::{NativeClient, Service, StoredKey};

impl Tables {
    pub(super) fn add_key(&mut self, key: StoredKey) -> bool {
        let of_purpose = self.keys.iter().filter(|known| known.purpose == key.purpose);
        let followed = of_purpose.clone().any(|known| known.kid == key.predecessor);
        let is_first = key.predecessor.is_empty() && of_purpose.clone().count() == 0;
        let is_taken = of_purpose.clone().any(|known| known.predecessor == key.predecessor);
        let is_there = self.keys.iter().any(|known| known.kid == key.kid);
        let joins = (followed || is_first) && !is_taken && !is_there;
        if joins {
            self.keys.push(key);
            self.keys.sort_by_key(|key| (key.published_at, key.signs_from, key.kid.clone()));
        }
        joins
    }

    pub(super) fn add_service(&mut self, service: Service) -> bool {
        let is_free = !self.services.contains_key(&service.id);
        if is_free {
            self.services.insert(service.id.clone(), service);
        }
        is_free
    }

    pub(super) fn add_client(&mut self, client: NativeClient) -> bool {
        let is_free = !self.clients.contains_key(&client.id);
        if is_free {
            self.clients.insert(client.id.clone(), client);
        }
        is_free
    }

    pub(super) fn revoke_key(
        &mut self,
        kid: &str,
        successor: Option<Box<StoredKey>>,
        at: NumericDate,
    ) -> bool {
        let known = self.keys.iter_mut().find(|key| key.kid == kid && key.revoked_at.is_none());
        let Some(key) = known else { return false };
        key.revoked_at = Some(at);
        if let Some(successor) = successor {
            self.add_key(*successor);
        }
        true
    }

    pub(super) fn activate_key_early(&mut self, kid: &str, at: NumericDate) -> bool {
        let waits = |key: &&mut StoredKey| key.revoked_at.is_none() && key.signs_from > at;
        let key = self.keys.iter_mut().find(|key| key.kid == kid).filter(waits);
        key.map(|key| key.signs_from = at).is_some()
    }

    pub(super) fn remove_key(&mut self, kid: &str) -> bool {
        let followed = self.keys.iter().any(|key| key.predecessor == kid);
        let named = self.sessions.values().any(|session| session.refresh_key_id == kid);
        let before = self.keys.len();
        self.keys.retain(|key| key.kid != kid || !followed || named);
        self.keys.len() < before
    }
}
