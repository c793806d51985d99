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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_the_one_spelling_of_its_number() {
        assert_eq!(decode_name(&encode_name(None)), PartName::Envelope);
        for number in [0, 7, 10, usize::MAX] {
            assert_eq!(decode_name(&encode_name(Some(number))), PartName::File(number));
        }
        for name in ["", "00", "07", "+7", "-0", " 7", "7 ", "7a", "٧", "data2", "Data"] {
            assert_eq!(decode_name(name), PartName::Other, "{name:?}");
        }
        assert_eq!(decode_name(&format!("{}0", usize::MAX)), PartName::Other);
    }
}
