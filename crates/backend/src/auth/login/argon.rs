//! Argon2id password hashing in reused memory. If each password allocated 19 MiB, the allocator would keep that
//! memory for every thread there ever was. Queueing is [`password_hasher`](super::password_hasher)'s work.

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};

use crate::auth::error::AuthError;

/// Memory, passes and lanes: the OWASP minimum (ASVS 5.0.0 appendix on password storage).
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const HASH_BYTES: usize = 32;

/// The result of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// Another password, or an unknown user.
    Wrong,
    /// The right password.
    Right,
    /// The right password, but hashed with weaker parameters than today's.
    RightButWeak,
}

/// Argon2's working memory: 19 MiB after the first use.
#[derive(Default)]
pub(in crate::auth) struct Memory(Vec<Block>);

impl Memory {
    /// The hash to store for a new password, in PHC form.
    pub(in crate::auth) fn hash(
        &mut self,
        password: &[u8],
        salt: &[u8; 16],
    ) -> Result<String, AuthError> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
            .expect("the parameters are within Argon2's bounds");
        let mut out = [0; HASH_BYTES];
        self.fill(&params, Version::V0x13, password, salt, &mut out)?;
        let hash = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params).map_err(cryptography)?,
            salt: Some(Salt::new(salt).map_err(cryptography)?),
            hash: Some(Output::new(&out).map_err(cryptography)?),
        };
        Ok(hash.to_string())
    }

    /// Compares a password with a hash in PHC form, with the hash's own parameters.
    pub(in crate::auth) fn verify(
        &mut self,
        password: &[u8],
        stored: &str,
    ) -> Result<Verification, AuthError> {
        let stored = PasswordHash::new(stored).map_err(cryptography)?;
        let params = Params::try_from(&stored).map_err(cryptography)?;
        let version = stored.version.map_or(Ok(Version::V0x13), Version::try_from);
        let (Some(salt), Some(hash)) = (&stored.salt, &stored.hash) else {
            return Err(cryptography("a stored hash lacks its salt or itself"));
        };
        if stored.algorithm != Algorithm::Argon2id.ident() {
            return Err(cryptography("a stored hash is not of Argon2id"));
        }
        let mut out = vec![0; hash.len()];
        self.fill(&params, version.map_err(cryptography)?, password, salt.as_ref(), &mut out)?;
        // In constant time: `Output` compares so.
        if Output::new(&out).map_err(cryptography)? != *hash {
            return Ok(Verification::Wrong);
        }
        let weak = params.m_cost() < MEMORY_KIB || params.t_cost() < PASSES;
        Ok(if weak { Verification::RightButWeak } else { Verification::Right })
    }

    fn fill(
        &mut self,
        params: &Params,
        version: Version,
        password: &[u8],
        salt: &[u8],
        out: &mut [u8],
    ) -> Result<(), AuthError> {
        let blocks = params.block_count();
        if self.0.len() < blocks {
            self.0.resize(blocks, Block::default());
        }
        Argon2::new(Algorithm::Argon2id, version, params.clone())
            .hash_password_into_with_memory(password, salt, out, &mut self.0[..blocks])
            .map_err(cryptography)
    }
}

pub(in crate::auth) fn cryptography(error: impl std::fmt::Display) -> AuthError {
    AuthError::Cryptography(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_in_the_memory_before_makes_no_difference() {
        let (mut fresh, mut used) = (Memory::default(), Memory::default());
        used.hash(b"something else before", &[1; 16]).expect("a hash");
        let hash = fresh.hash(b"velvet otter under glass", &[2; 16]).expect("a hash");
        assert_eq!(used.hash(b"velvet otter under glass", &[2; 16]).expect("a hash"), hash);
        let verdict = |memory: &mut Memory, password| memory.verify(password, &hash).expect("PHC");
        assert_eq!(verdict(&mut used, b"velvet otter under glass"), Verification::Right);
        assert_eq!(verdict(&mut used, b"velvet otter under grass"), Verification::Wrong);
        // A hash of less memory, verified in more of it.
        let weak = "$argon2id$v=19$m=8192,t=1,p=1$c2l4dGVlbiBieXRlIHNsdA$6ItiwtgPz7zP1FV2pHzM6Nyhv5Ams3fI3yZr2LfOapU";
        let verdict = used.verify(b"velvet otter under glass", weak).expect("PHC");
        assert_eq!(verdict, Verification::RightButWeak);
    }

    #[test]
    fn what_is_no_hash_of_ours_is_an_error() {
        let mut memory = Memory::default();
        for bad in [
            "",
            "$argon2id$",
            "$argon2i$v=19$m=8,t=1,p=1$c2l4dGVlbiBieXRlIHNsdA$6ItiwtgPz7zP1FV2pHzM6Nyhv5Ams3fI3yZr2LfOapU",
        ] {
            assert!(memory.verify(b"anything", bad).is_err(), "{bad:?}");
        }
    }
}
