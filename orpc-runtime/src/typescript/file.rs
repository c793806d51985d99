//! Files that are written by build scripts and checked by tests.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::{env, fmt, fs};

/// The variable that says what is to be done.
pub(super) const VARIABLE: &str = "ORPC_TS";

/// What is to be done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Write,
    Check,
    Off,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It was written.
    Written,
    /// It is as it should be, and was left alone.
    Unchanged,
    /// Nothing was done, as `ORPC_TS=off` or docs.rs ask for.
    Off,
}

/// Why a file is not as it should be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// It cannot be read.
    #[error("{} cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
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
        /// Why.
        source: io::Error,
    },
    /// It is another one, or there is none.
    #[error(
        "{} is not what the router says; write it anew with `{VARIABLE}=write`\n\n{diff}",
        path.display()
    )]
    Differs {
        /// The file.
        path: PathBuf,
        /// What would change, as a unified diff.
        diff: String,
    },
    /// The variable has another value.
    #[error("`{VARIABLE}` is `{0}`: it may be `write`, `check` or `off`")]
    Mode(String),
}

impl Mode {
    /// The mode that the environment asks for.
    pub(super) fn from_env(default: Self) -> Result<Self, FileError> {
        let Some(value) = env::var_os(VARIABLE) else {
            // Sources are read-only there, and nobody needs the file.
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

/// Makes the file be of that text, or finds that it is not.
pub(super) fn bring_to(path: &Path, text: &str, mode: Mode) -> Result<Outcome, FileError> {
    if mode == Mode::Off {
        return Ok(Outcome::Off);
    }
    let current = match fs::read_to_string(path) {
        Ok(current) => Some(current),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        // What is no text is no client, either.
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

/// Writes a file so that readers see the old one or the new one, and no half of it.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    // The file behind a link is replaced, not the link.
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
        // As any new file's: less what the environment's mask takes away.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    if let Some(start) = start_of_build_script() {
        // Else Cargo would take the file for changed since the script ran, and run it again.
        file.as_file().set_modified(start)?;
    }
    file.persist(path)?;
    Ok(())
}

/// Tells Cargo when the script is to be run again, if this is a build script.
pub(super) fn tell_cargo(path: &Path, mode: Mode) {
    if !is_build_script() {
        return;
    }
    println!("cargo::rerun-if-env-changed={VARIABLE}");
    // A file that is missing, and stays so, would be a reason to run every time.
    if mode != Mode::Off {
        println!("cargo::rerun-if-changed={}", path.display());
    }
}

fn is_build_script() -> bool {
    // Tests have neither of these at run time.
    env::var_os("OUT_DIR").is_some() && env::var_os("CARGO_CFG_TARGET_OS").is_some()
}

/// When Cargo started the script: what it compares the times of files with.
fn start_of_build_script() -> Option<std::time::SystemTime> {
    let folder = is_build_script().then(|| env::var_os("OUT_DIR")).flatten()?;
    let stamp = Path::new(&folder).parent()?.join("invoked.timestamp");
    fs::metadata(stamp).ok()?.modified().ok()
}

/// What would change, as a unified diff.
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
