//! Kinds of paths, and starts that are interrupted, for the files of both stores.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::*;
use crate::publish::file::faults::{Fault, Platter};
use crate::publish::file::{Current, Opened};
use crate::publish::{Durability, Publisher};

type Open = fn(&Path) -> Result<(), String>;

/// The stores by name.
const STORES: [(&str, Open); 2] = [("events", events), ("rooms", rooms)];

fn events(path: &Path) -> Result<(), String> {
    let opened = Publisher::builder().open::<u32>(path, Durability::Commit);
    opened.map(drop).map_err(|error| {
        let source = std::error::Error::source(&error).map(ToString::to_string);
        format!("{error}: {}", source.unwrap_or_default())
    })
}

fn rooms(path: &Path) -> Result<(), String> {
    RoomFile::open(path).map(drop).map_err(|error| error.to_string())
}

#[tokio::test]
async fn anything_but_a_regular_file_is_an_error_that_names_its_path_and_stays_as_it_is() {
    for (store, open) in STORES {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        assert!(Command::new("mkfifo").arg(at("fifo")).status().unwrap().success());
        let _socket = UnixListener::bind(at("socket")).unwrap();
        fs::create_dir(at("folder")).unwrap();
        symlink("fifo", at("link")).unwrap();
        let names = ["fifo", "socket", "folder", "link"];
        for (name, kind) in names.into_iter().zip(["a FIFO", "a socket", "a folder", "a FIFO"]) {
            let error = open(&at(name)).unwrap_err();
            let path = at(name).display().to_string();
            assert!(error.contains(kind) && error.contains(&path), "{store}: {error}");
        }
        assert!(fs::symlink_metadata(at("fifo")).unwrap().file_type().is_fifo());
        assert!(fs::symlink_metadata(at("socket")).unwrap().file_type().is_socket());
        assert!(fs::symlink_metadata(at("link")).unwrap().file_type().is_symlink());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4, "{store}");
        // Also in the place of the file that is renamed.
        assert!(Command::new("mkfifo").arg(at("data.new")).status().unwrap().success());
        let error = open(&at("data")).unwrap_err();
        assert!(error.contains("data.new is a FIFO"), "{store}: {error}");
        assert!(!at("data").exists());
    }
}

#[tokio::test]
async fn an_empty_file_is_filled_in_place() {
    for (store, open) in STORES {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("data"), folder.path().join("other"));
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::hard_link(&path, &other).unwrap();
        let before = fs::metadata(&path).unwrap();
        for _ in 0..2 {
            open(&path).unwrap();
            let after = fs::metadata(&path).unwrap();
            assert_eq!((after.ino(), after.mode()), (before.ino(), before.mode()), "{store}");
            assert!(fs::metadata(&other).unwrap().len() > 0, "{store}");
            assert!(!folder.path().join("data.new").exists());
        }
    }
}

#[tokio::test]
async fn links_are_followed_to_a_file_that_is_missing_or_empty() {
    for (store, open) in STORES {
        let folder = tempfile::tempdir().unwrap();
        let volume = folder.path().join("volume");
        fs::create_dir(&volume).unwrap();
        fs::write(volume.join("empty"), "").unwrap();
        for name in ["empty", "missing"] {
            let link = folder.path().join(name);
            symlink(Path::new("volume").join(name), &link).unwrap();
            for _ in 0..2 {
                open(&link).unwrap();
                assert!(fs::symlink_metadata(&link).unwrap().is_symlink(), "{store}");
                let target = fs::symlink_metadata(volume.join(name)).unwrap();
                assert!(target.is_file() && target.len() > 0, "{store}");
            }
        }
    }
}

/// Tries to start, and to use the file.
async fn begin(platter: &Platter, is_events: bool) -> bool {
    if is_events {
        let numbers = Publisher::builder().open_disk::<u32>(platter.mount(), true);
        return match numbers {
            Ok(numbers) => numbers.publish("room", &1).await.is_ok(),
            Err(_) => false,
        };
    }
    let disk = platter.mount();
    let file = find_or_make(&*disk, Duration::ZERO, &LAYOUT);
    let Ok(current) = file.and_then(|file| Current::open(disk, true, file, &LAYOUT)) else {
        return false;
    };
    let look = |opened: &Opened| {
        let read = opened.database.begin_read().map_err(failure)?;
        read.open_table(ALARMS).map(drop).map_err(failure)
    };
    current.read(look).unwrap();
    current.close();
    true
}

#[tokio::test]
async fn a_start_that_is_interrupted_while_it_fills_an_empty_file_is_no_hindrance_to_the_next() {
    for is_events in [true, false] {
        for at in 1.. {
            let platter = Platter::with_file(Vec::new());
            platter.fail(Fault::Kill { at, part: at % 4 });
            let is_whole = begin(&platter, is_events).await;
            platter.end_process();
            for is_first in [true, false] {
                let lost_power = platter.after_power_loss(|| is_first);
                assert!(begin(&lost_power, is_events).await, "{is_events}: killed at {at}");
            }
            assert!(begin(&platter, is_events).await, "{is_events}: killed at {at}");
            if is_whole {
                assert!(at > 5);
                break;
            }
        }
    }
}
