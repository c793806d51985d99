//! Support of tests beside the code.

use proptest::prelude::ProptestConfig;
use proptest::sample::Index;

/// Returns the number of cases of a property: `usual`, or as many as `FUZZ_CASES` says.
pub(crate) fn cases(usual: u32) -> ProptestConfig {
    let cases = std::env::var("FUZZ_CASES").map_or(usual, |text| text.parse().unwrap());
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Splits bytes at these places.
pub(crate) fn split<'b>(bytes: &'b [u8], at: &[Index]) -> impl Iterator<Item = &'b [u8]> {
    let mut at: Vec<_> = at.iter().map(|index| index.index(bytes.len() + 1)).collect();
    at.sort_unstable();
    at.push(bytes.len());
    let mut start = 0;
    at.into_iter().map(move |end| &bytes[std::mem::replace(&mut start, end)..end])
}
