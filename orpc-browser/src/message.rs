//! Messages of ports, as the peer protocol has them.

use bytes::Bytes;
use js_sys::{Array, ArrayBuffer, DataView, JSON, JsString, Reflect, Uint8Array};
use orpc_runtime::Frame;
use wasm_bindgen::{JsCast as _, JsValue};

/// Returns the content of a message: text, bytes, or an object of the peer protocol, which a client with
/// `experimental_transfer` sends. `None` for any other.
pub(crate) fn received(data: &JsValue) -> Option<Bytes> {
    if let Some(text) = data.as_string() {
        return Some(text.into());
    }
    if ArrayBuffer::is_view(data) {
        // All views have the members of this one.
        let view: &DataView = data.unchecked_ref();
        let (start, length) = (view.byte_offset() as u32, view.byte_length() as u32);
        let bytes = Uint8Array::new_with_byte_offset_and_length(&view.buffer(), start, length);
        return Some(bytes.to_vec().into());
    }
    if let Some(buffer) = data.dyn_ref::<ArrayBuffer>() {
        return Some(Uint8Array::new(buffer).to_vec().into());
    }
    let is_call = data.is_object() && Reflect::has(data, &"i".into()).ok()?;
    // Fails for an object that contains itself, or a bigint, which no client sends.
    let text = JSON::stringify(data).ok().filter(|_| is_call)?;
    text.as_string().map(Into::into)
}

/// Returns a frame as the official client reads it, and what is transferred with it.
pub(crate) fn sent(frame: &Frame) -> (JsValue, Array) {
    match frame {
        Frame::Binary(bytes) => {
            let bytes = Uint8Array::from(&**bytes);
            let transfer = Array::of1(&bytes.buffer());
            (bytes.into(), transfer)
        }
        text => {
            let text = String::from_utf8_lossy(text.as_bytes());
            (JsString::from(&*text).into(), Array::new())
        }
    }
}
