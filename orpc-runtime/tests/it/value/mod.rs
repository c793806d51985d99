//! Values of the wire format.

#[cfg(all(
    feature = "chrono",
    feature = "jiff",
    feature = "time",
    feature = "url",
    feature = "num-bigint"
))]
mod interop;
mod values;
