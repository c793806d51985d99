//! Names of the parts of a form: `data` is the envelope, the names of files are numbers.

use std::borrow::Cow;

use crate::wire::PartName;

const ENVELOPE: &str = "data";

/// Returns the name of the file with that number; without one, of the envelope.
pub(super) fn encode_name(file: Option<usize>) -> Cow<'static, str> {
    file.map_or(ENVELOPE.into(), |number| number.to_string().into())
}

/// Reads the name of a part.
pub(super) fn decode_name(name: &str) -> PartName {
    let is_canonical =
        name == "0" || (!name.starts_with('0') && name.bytes().all(|byte| byte.is_ascii_digit()));
    match name.parse() {
        _ if name == ENVELOPE => PartName::Envelope,
        Ok(number) if is_canonical => PartName::File(number),
        _ => PartName::Other,
    }
}
