//! Files that are written by build scripts and checked by tests.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::{env, fmt, fs};

/// Variable that selects the mode.
pub(super) const VARIABLE: &str = "ORPC_TS";

/// Operation on a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Write,
    Check,
    Off,
}

/// Result of the operation on a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It was written.
    Written,
    /// It is up to date, and was not written.
    Unchanged,
    /// Nothing was done, because of `ORPC_TS=off` or docs.rs.
    Off,
}

/// Error of a file that is not up to date.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// It cannot be read.
    #[error("{} cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// It cannot be written.
    #[error(
        "{} cannot be written (`{VARIABLE}=off` leaves it alone, `{VARIABLE}=check` only reads it)",
        path.display()
    )]
    Write {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// Its content differs, or it does not exist.
    #[error(
        "{} differs from the router; write it with `{VARIABLE}=write`\n\n{diff}",
        path.display()
    )]
    Differs {
        /// The file.
        path: PathBuf,
        /// Changes, as a unified diff.
        diff: String,
    },
    /// The variable has an unknown value.
    #[error("`{VARIABLE}` is `{0}`: it may be `write`, `check` or `off`")]
    Mode(String),
}

impl Mode {
    /// Returns the mode that the environment selects.
    pub(super) fn from_env(default: Self) -> Result<Self, FileError> {
        let Some(value) = env::var_os(VARIABLE) else {
            // Sources are read-only there, and the file is not needed.
            return Ok(if env::var_os("DOCS_RS").is_some() { Self::Off } else { default });
        };
        match value.to_str() {
            Some("write") => Ok(Self::Write),
            Some("check") => Ok(Self::Check),
            Some("off") => Ok(Self::Off),
            Some("") => Ok(default),
            _ => Err(FileError::Mode(value.to_string_lossy().into_owned())),
        }
    }
}

/// Writes the text to the file, or reports that it differs.
pub(super) fn bring_to(path: &Path, text: &str, mode: Mode) -> Result<Outcome, FileError> {
    if mode == Mode::Off {
        return Ok(Outcome::Off);
    }
    let current = match fs::read_to_string(path) {
        Ok(current) => Some(current),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        // A file that is not text is not a client.
        Err(error) if error.kind() == io::ErrorKind::InvalidData => None,
        Err(source) => return Err(FileError::Read { path: path.to_owned(), source }),
    };
    // A checkout may have other line ends.
    if current.as_deref().is_some_and(|current| current.replace("\r\n", "\n") == text) {
        return Ok(Outcome::Unchanged);
    }
    if mode == Mode::Check {
        let diff = difference(current.as_deref().unwrap_or_default(), text);
        return Err(FileError::Differs { path: path.to_owned(), diff });
    }
    replace(path, text).map_err(|source| FileError::Write { path: path.to_owned(), source })?;
    Ok(Outcome::Written)
}

/// Writes a file atomically: readers see the old content or the new one.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    // The target of a link is replaced, not the link.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".orpc-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // The mode of a new file: the umask is applied.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    if let Some(start) = start_of_build_script() {
        // Otherwise Cargo would see the file as changed since the script ran, and run it
        // again.
        file.as_file().set_modified(start)?;
    }
    file.persist(path)?;
    Ok(())
}

/// Tells Cargo when to run the script again, if this is a build script.
pub(super) fn tell_cargo(path: &Path, mode: Mode) {
    if !is_build_script() {
        return;
    }
    println!("cargo::rerun-if-env-changed={VARIABLE}");
    // A missing file that is not written would run the script every time.
    if mode != Mode::Off {
        println!("cargo::rerun-if-changed={}", path.display());
    }
}

fn is_build_script() -> bool {
    // Tests have neither of these at run time.
    env::var_os("OUT_DIR").is_some() && env::var_os("CARGO_CFG_TARGET_OS").is_some()
}

/// Returns the time when Cargo started the script, with which it compares the times of
/// files.
fn start_of_build_script() -> Option<std::time::SystemTime> {
    let folder = is_build_script().then(|| env::var_os("OUT_DIR")).flatten()?;
    let stamp = Path::new(&folder).parent()?.join("invoked.timestamp");
    fs::metadata(stamp).ok()?.modified().ok()
}

/// Returns the changes, as a unified diff.
fn difference(current: &str, wanted: &str) -> String {
    let current = current.replace("\r\n", "\n");
    let diff = similar::TextDiff::from_lines(current.as_str(), wanted);
    diff.unified_diff().context_radius(3).header("the file", "the router").to_string()
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Written => "written",
            Self::Unchanged => "unchanged",
            Self::Off => "left alone",
        })
    }
}
