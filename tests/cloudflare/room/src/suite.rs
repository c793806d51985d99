//! The suite of the storages of rooms: the same cases in memory, in a file and on an object.

use std::time::{Duration, UNIX_EPOCH};

use orpc_runtime::stateful::{ListOptions, Storage, StorageError};
use serde::{Deserialize, Serialize};

/// The cases, each for a storage that others have used before.
pub const CASES: &[&str] =
    &["entries", "values", "lists", "sequences", "batches", "limits", "alarm"];

/// Runs one case, which panics if it fails.
pub async fn run(name: &str, storage: &Storage) {
    let done = match name {
        "entries" => entries(storage).await,
        "values" => values(storage).await,
        "lists" => lists(storage).await,
        "sequences" => sequences(storage).await,
        "batches" => batches(storage).await,
        "limits" => limits(storage).await,
        "alarm" => alarm(storage).await,
        _ => panic!("no case {name}"),
    };
    if let Err(error) = done {
        panic!("{name}: {error}");
    }
}

async fn entries(storage: &Storage) -> Result<(), StorageError> {
    let key = "entries/ключ 🔑";
    assert_eq!(storage.get::<String>(key).await?, None);
    assert!(!storage.delete(key).await?);
    storage.put(key, "first").await?;
    storage.put(key, "second").await?;
    assert_eq!(storage.get::<String>(key).await?.as_deref(), Some("second"));
    assert!(storage.delete(key).await?);
    assert_eq!(storage.get::<String>(key).await?, None);
    Ok(())
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Value {
    number: f64,
    large: u64,
    text: String,
    list: Vec<Option<bool>>,
}

async fn values(storage: &Storage) -> Result<(), StorageError> {
    let text = "quotes ' \" ; -- \u{0}\u{1F600}".to_owned();
    let value = Value { number: 0.1, large: u64::MAX, text, list: vec![None, Some(true)] };
    storage.put("values/value", &value).await?;
    assert_eq!(storage.get("values/value").await?, Some(value));
    storage.put("values/null", &None::<u8>).await?;
    assert_eq!(storage.get::<Option<u8>>("values/null").await?, Some(None));
    let error = storage.get::<Vec<u8>>("values/value").await.unwrap_err();
    assert!(matches!(error, StorageError::OtherType { key, .. } if key == "values/value"));
    Ok(())
}

async fn keys(storage: &Storage, options: &ListOptions) -> Result<Vec<u32>, StorageError> {
    let found = storage.list_with::<u32>("lists/", options).await?;
    Ok(found.into_iter().map(|(_, value)| value).collect())
}

async fn lists(storage: &Storage) -> Result<(), StorageError> {
    // Neighbours of the prefix, and characters that patterns of SQL give a meaning to.
    for key in ["lists", "lists.", "lists0", "list%", "lists\u{10FFFF}"] {
        storage.put(key, &0).await?;
    }
    for (at, key) in ["", "%", "10", "2", "_", "ä", "\u{FFFD}", "\u{10FFFF}"].iter().enumerate() {
        storage.put(&format!("lists/{key}"), &at).await?;
    }
    let all = ListOptions::default();
    assert_eq!(keys(storage, &all).await?, [0, 1, 2, 3, 4, 5, 6, 7]);
    let first = ListOptions { limit: 3, ..all.clone() };
    assert_eq!(keys(storage, &first).await?, [0, 1, 2]);
    let last = ListOptions { limit: 2, reverse: true, ..all.clone() };
    assert_eq!(keys(storage, &last).await?, [7, 6]);
    let after = |key: &str| Some(key.to_owned());
    let behind = ListOptions { after: after("lists/10"), ..first.clone() };
    assert_eq!(keys(storage, &behind).await?, [3, 4, 5]);
    let before = ListOptions { after: after("lists/10"), ..last.clone() };
    assert_eq!(keys(storage, &before).await?, [1, 0]);
    // Positions without an entry, and outside of the prefix.
    for (after, reverse, expected) in [
        ("lists/1", false, vec![2, 3, 4]),
        ("a", false, vec![0, 1, 2]),
        ("z", false, vec![]),
        ("lists0", true, vec![7, 6, 5]),
        ("z", true, vec![7, 6, 5]),
        ("a", true, vec![]),
    ] {
        let options = ListOptions { limit: 3, reverse, after: Some(after.to_owned()) };
        assert_eq!(keys(storage, &options).await?, expected, "{after} {reverse}");
    }
    assert_eq!(keys(storage, &ListOptions { limit: 0, ..all }).await?, [0_u32; 0]);
    assert!(storage.list::<u32>("lists//").await?.is_empty());
    Ok(())
}

async fn sequences(storage: &Storage) -> Result<(), StorageError> {
    let first = storage.append("sequences/a/", "one").await?;
    assert_eq!(first, "sequences/a/0000000000000001");
    let second = storage.append("sequences/a/", "two").await?;
    assert_eq!(storage.append("sequences/b/", "other").await?, "sequences/b/0000000000000001");
    // The number of a removed entry is not used again.
    assert!(storage.delete(&second).await?);
    let third = storage.append("sequences/a/", "three").await?;
    assert_eq!(third, "sequences/a/0000000000000003");
    let found = storage.list::<String>("sequences/a/").await?;
    assert_eq!(found, [(first, "one".to_owned()), (third, "three".to_owned())]);
    Ok(())
}

async fn batches(storage: &Storage) -> Result<(), StorageError> {
    storage.put("batches/old", &1).await?;
    let batch = storage.batch().put("batches/new", &2)?.delete("batches/old")?;
    let batch = batch.append("batches/log/", &3)?.append("batches/log/", &4)?;
    let written = batch.delete("batches/none")?.write().await?;
    assert_eq!(written.deleted, 1);
    assert_eq!(written.appended, ["batches/log/0000000000000001", "batches/log/0000000000000002"]);
    let found = storage.list::<u32>("batches/").await?;
    let values: Vec<_> = found.into_iter().map(|(_, value)| value).collect();
    assert_eq!(values, [3, 4, 2]);
    // One that is dropped writes nothing.
    drop(storage.batch().put("batches/dropped", &1)?);
    assert_eq!(storage.get::<u32>("batches/dropped").await?, None);
    Ok(())
}

async fn limits(storage: &Storage) -> Result<(), StorageError> {
    let longest = "k".repeat(1024);
    storage.put(&longest, &1).await?;
    assert_eq!(storage.get::<u32>(&longest).await?, Some(1));
    for key in [String::new(), "k".repeat(1025)] {
        let error = storage.put(&key, &1).await.unwrap_err();
        assert!(matches!(error, StorageError::InvalidKey { limit: 1024 }));
    }
    // The JSON text includes two quotes.
    let largest = "v".repeat(1024 * 1024 - 2);
    storage.put("limits/largest", &largest).await?;
    assert_eq!(storage.get::<String>("limits/largest").await?, Some(largest.clone()));
    let error = storage.put("limits/larger", &format!("{largest}v")).await.unwrap_err();
    assert!(matches!(error, StorageError::TooLarge { length: 1_048_577, limit: 1_048_576 }));
    assert_eq!(storage.get::<String>("limits/larger").await?, None);
    Ok(())
}

async fn alarm(storage: &Storage) -> Result<(), StorageError> {
    // Far away, so that it does not ring.
    let at = UNIX_EPOCH + Duration::from_millis(7_258_118_400_123);
    assert_eq!(storage.alarm().await?, None);
    storage.set_alarm(at + Duration::from_secs(1)).await?;
    storage.batch().put("alarm/with", &1)?.set_alarm(at).write().await?;
    assert_eq!(storage.alarm().await?, Some(at));
    storage.delete_alarm().await?;
    storage.delete_alarm().await?;
    assert_eq!(storage.alarm().await?, None);
    Ok(())
}
