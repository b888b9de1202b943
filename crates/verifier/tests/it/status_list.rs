//! Status lists (Token Status List section 4), compared with the examples of draft-ietf-oauth-status-list (section 4
//! and appendix "Test vectors for Status List encoding").

use verifier::{Status, StatusList};

use crate::support::{list, raw_list, unb64};

/// The appendix sets these indices of 2^20.
const PLACES: [u64; 11] =
    [0, 1993, 25460, 159_495, 495_669, 554_353, 645_645, 723_232, 854_545, 934_534, 1_000_345];
const ONE_BIT: &str = concat!(
    "eNrt3AENwCAMAEGogklACtKQPg9LugC9k_ACvreiogEAAKkeCQAAAAAAAAAAAAAAAAAAAIBylgQAAAAAAAAAAAAA",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAXG9IAAAAAAAAAPwsJAAAAAAAAAAAAAAAvhsSAAAAAAAAAAAA",
    "7KpLAAAAAAAAAAAAAAAAAAAAAJsLCQAAAAAAAAAAADjelAAAAAAAAAAAKjDMAQAAAACAZC8L2AEb",
);
const TWO_BITS: &str = concat!(
    "eNrt2zENACEQAEEuoaBABP5VIO01fCjIHTMStt9ovGVIAAAAAABAbiEBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "AAAAAAAAAEB5WwIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAID0ugQAAAAAAAAAAAAAAAAAQG12SgAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "AOCSIQEAAAAAAAAAAAAAAAAAAAAAAAD8ExIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAwJEuAQAAAAAA",
    "AAAAAAAAAAAAAAAAAMB9SwIAAAAAAAAAAAAAAAAAAACoYUoAAAAAAAAAAAAAAEBqH81gAQw",
);

fn numbers(list: &StatusList) -> Vec<u8> {
    let number = |status| match status {
        Status::Valid => 0,
        Status::Invalid => 1,
        Status::Suspended => 2,
        Status::Other(other) => other,
    };
    (0..).map_while(|idx| list.get(idx)).map(number).collect()
}

#[test]
fn the_first_example_of_the_draft_is_read() {
    let list = list(1, "eNrbuRgAAhcBXQ").expect("the list of section 4.1");
    assert_eq!(numbers(&list), [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]);
}

#[test]
fn two_bits_are_one_number() {
    let list = list(2, "eNo76fITAAPfAgc").expect("the list of the draft's second example");
    assert_eq!(numbers(&list), [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]);
}

#[test]
fn the_test_vectors_of_the_draft_are_read() {
    let one = list(1, ONE_BIT).expect("a million places");
    let two = list(2, TWO_BITS).expect("a million places of two bits");
    let numbers = [1, 2, 1, 3, 1, 1, 2, 1, 1, 2, 3];
    let mut set = 0;
    for idx in 0..1 << 20 {
        let status = two.get(idx).expect("a place");
        if let Some(at) = PLACES.iter().position(|place| *place == idx) {
            assert_eq!(one.get(idx), Some(Status::Invalid), "{idx}");
            assert_eq!(status, Status::from(numbers[at]), "{idx}");
            set += 1;
        } else {
            assert_eq!((one.get(idx), status), (Some(Status::Valid), Status::Valid), "{idx}");
        }
    }
    assert_eq!(set, PLACES.len());
    assert_eq!((one.get(1 << 20), two.get(1 << 20)), (None, None));
}

#[test]
fn four_and_eight_bits_begin_with_the_lowest_of_each_byte() {
    assert_eq!(numbers(&raw_list(4, &[0x21, 0xf0]).expect("a list")), [1, 2, 0, 15]);
    assert_eq!(numbers(&raw_list(8, &[0x21, 0x02, 0x00]).expect("a list")), [33, 2, 0]);
    assert_eq!([1, 2, 4, 8].map(|bits| raw_list(bits, &[]).expect("a list").bits()), [1, 2, 4, 8]);
    assert_eq!(raw_list(1, &[]).expect("an empty list").get(0), None);
    assert_eq!(raw_list(1, &[0]).expect("a list").get(u64::MAX), None);
}

#[test]
fn a_written_list_is_the_one_of_the_draft() {
    let revoked = [0, 3, 4, 5, 7, 8, 9, 13, 15];
    let ours = StatusList::of_revoked(revoked, 16).expect("a short list");
    assert_eq!(ours.bits(), 1);
    assert_eq!(ours.to_lst(), "eNrbuRgAAhcBXQ");
    let million = StatusList::of_revoked(PLACES, 1 << 20).expect("a million places");
    assert_eq!(list(1, ONE_BIT), Ok(million.clone()));
    assert_eq!(list(1, &million.to_lst()), Ok(million));
}

#[test]
fn a_written_list_is_as_long_as_whole_bytes_make_it() {
    let list = StatusList::of_revoked([8], 9).expect("a short list");
    assert_eq!(numbers(&list), [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(StatusList::of_revoked([], 0).map(|list| numbers(&list)), Some(vec![]));
}

#[test]
fn no_session_is_written_beyond_the_list() {
    assert_eq!(StatusList::of_revoked([9], 9), None);
    assert_eq!(StatusList::of_revoked([u64::MAX], 9), None);
    assert_eq!(StatusList::of_revoked([0], 0), None);
}

#[test]
fn no_list_is_written_longer_than_the_reader_takes() {
    let largest = StatusList::of_revoked([0, (1 << 25) - 1], 1 << 25).expect("4 MiB");
    assert_eq!(list(1, &largest.to_lst()), Ok(largest));
    assert_eq!(StatusList::of_revoked([], (1 << 25) + 1), None);
    assert_eq!(StatusList::of_revoked([], u64::MAX), None);
}

#[test]
fn what_is_hard_to_compress_is_written_whole() {
    // As random as two multiplications make it.
    let mixed = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let revoked = (0..1 << 16).filter(|n| mixed(mixed(*n) ^ (mixed(*n) >> 29)) >> 63 == 1);
    let noise = StatusList::of_revoked(revoked, 1 << 16).expect("a list");
    assert!(unb64(&noise.to_lst()).len() > 8_000);
    assert_eq!(list(1, &noise.to_lst()), Ok(noise));
}

/// With few or many revocations, a written list reads back the same; many are compressed at the fast level.
#[test]
fn a_list_of_bits_is_written_and_read_whether_few_or_many_are_set() {
    for every in [2_u64, 100_000] {
        let mut bits = vec![0; 1 << 18];
        let places = (0..1 << 21).step_by(usize::try_from(every).expect("a step"));
        for place in places.clone() {
            bits[usize::try_from(place / 8).expect("a byte")] |= 1 << (place % 8);
        }
        let ours = StatusList::of_bits(bits).expect("a short list");
        assert_eq!(StatusList::of_revoked(places, 1 << 21), Some(ours.clone()));
        assert_eq!(list(1, &ours.to_lst()), Ok(ours));
    }
    assert_eq!(StatusList::of_bits(vec![0; (1 << 22) + 1]), None);
}
