//! Tasks and threads of the host: those of tokio; on wasm32 the event loop of JavaScript, which
//! has no other thread.

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
mod host {
    use std::io;

    #[cfg(feature = "proxy")]
    pub(crate) use tokio::spawn;
    pub(crate) use tokio::task::JoinHandle as Blocking;

    /// Returns the runtime of the current thread.
    #[cfg(feature = "http")]
    pub(crate) fn runtime() -> Option<tokio::runtime::Handle> {
        tokio::runtime::Handle::try_current().ok()
    }

    /// `true` if there are files, for what is too large for memory.
    pub(crate) const HAS_FILES: bool = true;

    /// Runs work that blocks on a thread of its own.
    ///
    /// # Errors
    /// If no runtime runs.
    pub(crate) fn block<R: Send + 'static>(
        work: impl FnOnce() -> R + Send + 'static,
    ) -> io::Result<Blocking<R>> {
        let runtime = tokio::runtime::Handle::try_current().map_err(io::Error::other)?;
        Ok(runtime.spawn_blocking(work))
    }
}

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
mod host {
    use std::io;

    pub(crate) const HAS_FILES: bool = false;

    /// The result of work that has run at once.
    pub(crate) type Blocking<R> = std::future::Ready<io::Result<R>>;

    /// Runs work at once: nothing blocks here, as there are no files.
    pub(crate) fn block<R: Send + 'static>(
        work: impl FnOnce() -> R + Send + 'static,
    ) -> io::Result<Blocking<R>> {
        Ok(std::future::ready(Ok(work())))
    }
}

pub(crate) use host::*;
