//! `targets/compact_token.rs` under libFuzzer.
#![no_main]

#[path = "../targets/compact_token.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|input: &[u8]| target::check(input));
