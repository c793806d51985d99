//! Tasks and threads of the host: those of tokio; on wasm32 the event loop of JavaScript, which
//! has no other thread.

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
mod host {
    use std::{io, panic, thread};

    #[cfg(feature = "websocket")]
    pub(crate) use std::thread::ThreadId;
    pub(crate) use tokio::runtime::Handle;
    #[cfg(feature = "websocket")]
    pub(crate) use tokio::spawn;
    pub(crate) use tokio::task::{AbortHandle, JoinHandle as Blocking};

    /// `true` if there are files, for what is too large for memory.
    pub(crate) const HAS_FILES: bool = true;

    /// Returns the thread of the caller.
    #[cfg(feature = "websocket")]
    pub(crate) fn this_thread() -> ThreadId {
        thread::current().id()
    }

    /// Runs work that blocks on a thread of its own.
    ///
    /// # Errors
    /// If no runtime runs.
    pub(crate) fn block<R: Send + 'static>(
        work: impl FnOnce() -> R + Send + 'static,
    ) -> io::Result<Blocking<R>> {
        let runtime = Handle::try_current().map_err(io::Error::other)?;
        Ok(runtime.spawn_blocking(work))
    }

    /// Size of the stack of a named thread, in bytes: that of a program's first thread on Linux.
    const STACK: usize = 8 << 20;

    /// Runs work on a thread of that name and waits for its result. A panic goes on in the caller.
    ///
    /// If no thread can be spawned, the work runs here.
    pub(crate) fn run_named<R: Send>(name: String, work: impl FnOnce() -> R + Send) -> R {
        let builder = thread::Builder::new().name(name).stack_size(STACK);
        let mut work = Some(work);
        let mut result = None;
        let ended = thread::scope(|scope| {
            let run = || result = work.take().map(|work| work());
            builder.spawn_scoped(scope, run).map(thread::ScopedJoinHandle::join)
        });
        if let Ok(Err(panic)) = ended {
            panic::resume_unwind(panic);
        }
        match (result, work) {
            (Some(result), _) => result,
            (None, Some(work)) => work(),
            (None, None) => unreachable!("the thread has ended without a panic"),
        }
    }
}

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
mod host {
    use std::convert::Infallible;
    use std::future::Future;
    use std::io;

    pub(crate) use futures::future::AbortHandle;
    use futures::future::abortable;

    /// The event loop.
    #[derive(Clone)]
    pub(crate) struct Handle(());

    impl Handle {
        pub(crate) fn try_current() -> Result<Self, Infallible> {
            Ok(Self(()))
        }

        /// Runs a task, beginning with the next turn of the event loop.
        pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> JoinHandle {
            let (task, handle) = abortable(task);
            wasm_bindgen_futures::spawn_local(async move {
                // An error means that the task was aborted.
                task.await.ok();
            });
            JoinHandle(handle)
        }
    }

    /// A task that runs.
    pub(crate) struct JoinHandle(AbortHandle);

    impl JoinHandle {
        pub(crate) fn abort_handle(&self) -> AbortHandle {
            self.0.clone()
        }
    }

    pub(crate) const HAS_FILES: bool = false;

    /// The result of work that has run at once.
    pub(crate) type Blocking<R> = std::future::Ready<io::Result<R>>;

    /// Runs work at once: nothing blocks here, as there are no files.
    pub(crate) fn block<R: Send + 'static>(
        work: impl FnOnce() -> R + Send + 'static,
    ) -> io::Result<Blocking<R>> {
        Ok(std::future::ready(Ok(work())))
    }

    /// Runs work at once: there is no other thread.
    pub(crate) fn run_named<R>(_: String, work: impl FnOnce() -> R) -> R {
        work()
    }
}

pub(crate) use host::*;
