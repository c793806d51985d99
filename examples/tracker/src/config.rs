//! Settings, by variables of the environment.

use std::env;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use tracing::level_filters::LevelFilter;

/// Output folder of `npm run build`.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/web/dist");

/// The settings of the server.
#[derive(Debug)]
pub(crate) struct Config {
    /// `ADDRESS`, 127.0.0.1:3000 unless set; port 0 is any free one.
    pub(crate) address: SocketAddr,
    /// `DATA`, the folder of the database, the events and the attachments: `data` unless set.
    pub(crate) data: PathBuf,
    /// `PAGE`, the folder of the built page.
    pub(crate) page: PathBuf,
    /// `PROXIES`, the number of proxies in front of the server: 0 unless set.
    pub(crate) proxies: usize,
    /// `LOG`, from `error` to `trace`: `info` unless set.
    pub(crate) log: LevelFilter,
}

/// Error of a variable.
#[derive(Debug, thiserror::Error)]
#[error("the variable {name} is {value:?}, which is none of its values: {expected}")]
pub(crate) struct ConfigError {
    name: &'static str,
    value: String,
    expected: &'static str,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// With the name of a variable whose value cannot be read.
    pub(crate) fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            address: variable("ADDRESS", "an address and a port, such as 127.0.0.1:3000")?
                .unwrap_or(SocketAddr::from(([127, 0, 0, 1], 3000))),
            data: env::var_os("DATA").map_or("data".into(), PathBuf::from),
            page: env::var_os("PAGE").map_or(PAGE.into(), PathBuf::from),
            proxies: variable("PROXIES", "a number")?.unwrap_or(0),
            log: variable("LOG", "error, warn, info, debug or trace")?.unwrap_or(LevelFilter::INFO),
        })
    }
}

/// Reads a variable, if it is set.
fn variable<T: FromStr>(
    name: &'static str,
    expected: &'static str,
) -> Result<Option<T>, ConfigError> {
    let Some(value) = env::var_os(name) else { return Ok(None) };
    let value = value.to_string_lossy().into_owned();
    match value.parse() {
        Ok(read) => Ok(Some(read)),
        Err(_) => Err(ConfigError { name, value, expected }),
    }
}
