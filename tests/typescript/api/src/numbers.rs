//! Numbers of all sizes.

use std::collections::BTreeMap;
use std::num::{NonZeroI8, NonZeroU8, NonZeroU64, Wrapping};

use orpc_runtime::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Small {
    a: i8,
    b: u8,
    c: i16,
    d: u16,
    e: i32,
    f: u32,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Wide {
    a: i64,
    b: u64,
    c: i128,
    d: u128,
    list: Vec<u64>,
    maybe: Option<i64>,
    map: BTreeMap<String, u64>,
    pair: (u64, u32),
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Sizes {
    a: usize,
    b: isize,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Floats {
    a: f32,
    b: f64,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct NonZeros {
    a: NonZeroU8,
    b: NonZeroI8,
    c: NonZeroU64,
}

torture! {
    small: Small = [
        Small { a: i8::MIN, b: 0, c: i16::MIN, d: 0, e: i32::MIN, f: 0 },
        Small { a: i8::MAX, b: u8::MAX, c: i16::MAX, d: u16::MAX, e: i32::MAX, f: u32::MAX },
    ];
    wide: Wide = [
        Wide {
            a: i64::MIN,
            b: u64::MAX,
            c: i128::MIN,
            d: u128::MAX,
            list: vec![0, u64::MAX],
            maybe: None,
            map: BTreeMap::from([("a".to_owned(), 1)]),
            pair: (1, 1),
        },
    ];
    sizes: Sizes = [Sizes { a: 1, b: -1 }];
    floats: Floats = [Floats { a: 0.5, b: -1e300 }];
    int8: i8 = [i8::MIN, i8::MAX];
    uint16: u16 = [0, u16::MAX];
    int32: i32 = [i32::MIN, i32::MAX];
    uint64: u64 = [0, u64::MAX];
    int64: i64 = [i64::MIN, i64::MAX];
    uint128: u128 = [0, u128::MAX];
    int128: i128 = [i128::MIN, i128::MAX];
    size: usize = [0, 1];
    signed_size: isize = [-1, 1];
    float: f32 = [0.5, f32::MAX];
    double: f64 = [0.1, f64::MAX, 5e-324];
    non_zeros: NonZeros = [
        NonZeros { a: NonZeroU8::MIN, b: NonZeroI8::MIN, c: NonZeroU64::MIN },
        NonZeros { a: NonZeroU8::MAX, b: NonZeroI8::MAX, c: NonZeroU64::MAX },
    ];
    wrapping: Wrapping<u8> = [Wrapping(255)];
    list: Vec<i64> = [vec![], vec![1, -1]];
}
