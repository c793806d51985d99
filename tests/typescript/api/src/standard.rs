//! Types of Rust's standard library.

use std::borrow::Cow;
use std::collections::{BTreeSet, BinaryHeap, HashSet, LinkedList, VecDeque};
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::{Bound, Range, RangeInclusive};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use orpc_runtime::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Texts {
    owned: String,
    boxed: Box<str>,
    shared: Arc<str>,
    cow: Cow<'static, str>,
    letter: char,
    path: PathBuf,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Pointers {
    boxed: Box<Texts>,
    shared: Arc<u8>,
    slice: Box<[u8]>,
    shared_slice: Arc<[String]>,
    locked: Mutex<u8>,
    phantom: PhantomData<u8>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Collections {
    deque: VecDeque<u8>,
    list: LinkedList<u8>,
    heap: BinaryHeap<u8>,
    sorted: BTreeSet<String>,
    hashed: HashSet<u8>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Addresses {
    any: IpAddr,
    v4: Ipv4Addr,
    v6: Ipv6Addr,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Arrays {
    none: [u8; 0],
    three: [u8; 3],
    nested: [[bool; 2]; 2],
    long: [u8; 32],
}

fn all_texts() -> Texts {
    Texts {
        owned: "a".to_owned(),
        boxed: "b".into(),
        shared: "c".into(),
        cow: "d".into(),
        letter: 'é',
        path: "/a/b".into(),
    }
}

torture! {
    texts: Texts = [all_texts()];
    pointers: Pointers = [Pointers {
        boxed: Box::new(all_texts()),
        shared: Arc::new(1),
        slice: [1, 2].into(),
        shared_slice: ["a".to_owned()].into(),
        locked: Mutex::new(1),
        phantom: PhantomData,
    }];
    collections: Collections = [Collections {
        deque: [1].into(),
        list: [1].into(),
        heap: [1].into(),
        sorted: ["a".to_owned()].into(),
        hashed: [1].into(),
    }];
    arrays: Arrays = [Arrays {
        none: [],
        three: [1, 2, 3],
        nested: [[true, false], [false, true]],
        long: [0; 32],
    }];
    flag: bool = [true, false];
    text: String = [String::new(), "\u{0}\u{2028}😀".to_owned()];
    duration: Duration = [Duration::ZERO, Duration::from_millis(1500)];
    system_time: SystemTime = [SystemTime::UNIX_EPOCH];
    range: Range<u8> = [0..1];
    inclusive_range: RangeInclusive<i32> = [-1..=1];
    bound: Bound<u8> = [Bound::Included(1), Bound::Excluded(1), Bound::Unbounded];
    results: Vec<Result<u8, String>> = [vec![Ok(1), Err("no".to_owned())]];
    addresses: Addresses = [Addresses {
        any: Ipv6Addr::LOCALHOST.into(),
        v4: Ipv4Addr::LOCALHOST,
        v6: Ipv6Addr::LOCALHOST,
    }];
    nested: Vec<Vec<Option<Vec<bool>>>> = [vec![vec![None, Some(vec![true])]]];
    array: [String; 2] = [["a".to_owned(), "b".to_owned()]];
}
