//! Wire protocols without I/O: bytes in, bytes out.

pub(crate) mod v1;
pub(crate) mod v2;
