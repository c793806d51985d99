//! Messages about a port itself, between this crate and `page.ts`. They have the form of an abort of a call that nobody
//! makes, so that an end which does not know them ignores them: not every browser tells one end of a port that the other
//! is closed, and none tells it of a page that has ended.

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Type of the messages that abort a call.
const ABORT: f64 = 4.0;

/// A message about a port.
pub(crate) enum Control {
    /// The other end is closed.
    Close,
    /// The other end holds the Web Lock of that name for as long as it is open.
    Lock(String),
}

impl Control {
    /// Reads a message; `None` if it is one of a call.
    pub(crate) fn of(data: &JsValue) -> Option<Self> {
        let member = |name: &str| Reflect::get(data, &name.into()).ok();
        let is_own = data.is_object()
            && member("i")?.as_string()?.is_empty()
            && member("t")?.as_f64()? == ABORT;
        if !is_own {
            return None;
        }
        match member("lock")?.as_string() {
            Some(name) => Some(Self::Lock(name)),
            None => member("close")?.is_truthy().then_some(Self::Close),
        }
    }

    /// Returns the message that this end is closed.
    pub(crate) fn close() -> JsValue {
        let message = Object::new();
        let members: [(&str, JsValue); 3] =
            [("i", "".into()), ("t", ABORT.into()), ("close", true.into())];
        for (name, value) in members {
            // A new object takes every member.
            Reflect::set(&message, &name.into(), &value).ok();
        }
        message.into()
    }
}

/// Waits until a Web Lock is released. Pending for ever where there are none.
pub(crate) async fn released(name: String) {
    if request(&name).await.is_err() {
        tracing::debug!("this browser has no locks: the end of a page is not noticed");
        std::future::pending::<()>().await;
    }
}

/// Takes a lock once it is free, and releases it at once.
async fn request(name: &str) -> Result<(), JsValue> {
    let navigator = Reflect::get(&js_sys::global(), &"navigator".into())?;
    let locks = Reflect::get(&navigator, &"locks".into())?;
    let request: Function = Reflect::get(&locks, &"request".into())?.dyn_into()?;
    let taken = Closure::once_into_js(|| {});
    let done: Promise = request.call2(&locks, &name.into(), &taken)?.dyn_into()?;
    JsFuture::from(done).await.map(drop)
}
