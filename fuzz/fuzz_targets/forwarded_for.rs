//! `targets/forwarded_for.rs` under libFuzzer.
#![no_main]

#[path = "../targets/forwarded_for.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|input: &[u8]| target::check(input));
