//! Types of other crates.

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use indexmap::{IndexMap, IndexSet};
use num_bigint::BigInt as NumBigInt;
use orpc_runtime::prelude::*;
use orpc_runtime::value::{BigInt, Date, Url};
use time::OffsetDateTime;
use uuid::Uuid;

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Chrono {
    at: DateTime<Utc>,
    date: NaiveDate,
    time: NaiveTime,
    both: NaiveDateTime,
    #[serde(with = "orpc_runtime::value::date")]
    #[schemars(with = "Date")]
    native: DateTime<Utc>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Jiff {
    at: jiff::Timestamp,
    date: jiff::civil::Date,
    time: jiff::civil::Time,
    both: jiff::civil::DateTime,
    duration: jiff::SignedDuration,
    #[serde(with = "orpc_runtime::value::date")]
    #[schemars(with = "Date")]
    native: jiff::Timestamp,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Time {
    #[serde(with = "orpc_runtime::value::date")]
    #[schemars(with = "Date")]
    at: OffsetDateTime,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Others {
    id: Uuid,
    link: url::Url,
    #[serde(with = "orpc_runtime::value::url")]
    #[schemars(with = "Url")]
    native_link: url::Url,
    bytes: Bytes,
    map: IndexMap<String, u8>,
    set: IndexSet<String>,
    #[serde(with = "orpc_runtime::value::bigint")]
    #[schemars(with = "BigInt")]
    big: NumBigInt,
}

torture! {
    of_chrono: Chrono = [Chrono {
        at: DateTime::UNIX_EPOCH,
        date: NaiveDate::default(),
        time: NaiveTime::default(),
        both: NaiveDateTime::default(),
        native: DateTime::UNIX_EPOCH,
    }];
    of_jiff: Jiff = [Jiff {
        at: jiff::Timestamp::UNIX_EPOCH,
        date: jiff::civil::date(2024, 2, 29),
        time: jiff::civil::time(1, 2, 3, 0),
        both: jiff::civil::date(2024, 2, 29).at(1, 2, 3, 0),
        duration: jiff::SignedDuration::from_millis(-1500),
        native: jiff::Timestamp::UNIX_EPOCH,
    }];
    of_time: Time = [Time { at: OffsetDateTime::UNIX_EPOCH }];
    others: Others = [Others {
        id: Uuid::nil(),
        link: "https://a.test/".parse().expect("a URL"),
        native_link: "https://a.test/".parse().expect("a URL"),
        bytes: Bytes::from_static(b"ab"),
        map: IndexMap::from([("a".to_owned(), 1)]),
        set: IndexSet::from(["a".to_owned()]),
        big: NumBigInt::from(u128::MAX) * 10,
    }];
    bytes: Bytes = [Bytes::from_static(b"ab")];
}
